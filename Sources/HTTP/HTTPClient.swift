// Requests over HTTP/1.1 by libcurl's multi interface, blocking for the caller. Connections are kept for the next request
// and may be thrown away at any moment. The proxy variables of the environment are never looked at: in CGI a client sets
// HTTP_PROXY by a header of its own.

internal import CCurl

/// Makes transfers, for one thread. Several may be under way; all move whenever the caller waits for one of them.
@safe public final class HTTPClient {
    public struct Options: Sendable {
        /// File of certificates (PEM) to trust instead of the system's.
        public var certificateFile: String?
        /// How long a connection may take to be made.
        public var connectLimit = Duration.seconds(3)
        /// How long a wait may go on without a byte in either direction.
        public var idleLimit = Duration.seconds(30)

        public init() {}
    }

    public let options: Options
    private let multi: UnsafeMutableRawPointer
    /// By easy handle. A transfer takes itself out before it is gone.
    private var transfers: [UnsafeMutableRawPointer: Unmanaged<HTTPTransfer>] = unsafe [:]
    /// Handles that can be used again; they hold buffers, so one is enough.
    private var spare: UnsafeMutableRawPointer?

    /// Loads libcurl at the first use in a process: `curl_global_init`, `curl_multi_init`.
    public init(_ options: Options = Options()) throws(HTTPError) {
        guard Self.isLoaded else { throw HTTPError(.library, "libcurl.so.4 is missing: install libcurl4") }
        guard let multi = unsafe coffer_multi_init() else { throw HTTPError(.library, "libcurl has no memory") }
        self.options = options
        unsafe self.multi = unsafe multi
    }

    deinit {
        if let spare = unsafe spare { unsafe coffer_easy_cleanup(spare) }
        unsafe coffer_multi_cleanup(multi)
    }

    private static let isLoaded = coffer_curl_load() == 1

    /// Begins a transfer; it moves on in every call that waits, and in `move`.
    public func start(_ request: HTTPRequest) throws(HTTPError) -> HTTPTransfer {
        let transfer = try HTTPTransfer(request, self)
        move()
        return transfer
    }

    /// Moves what can be moved without waiting.
    public func move() {
        _ = unsafe coffer_multi_perform(multi)
        var code: Int32 = 0
        while let easy = unsafe coffer_multi_ended(multi, &code) {
            unsafe transfers[easy]?.takeUnretainedValue().end(code)
        }
    }

    /// Sleeps until something can be moved.
    func wait(atMost limit: Duration) {
        let milliseconds = max(1, min(1000, limit / .milliseconds(1)))
        _ = unsafe coffer_multi_poll(multi, Int32(milliseconds))
    }

    func takeHandle() throws(HTTPError) -> UnsafeMutableRawPointer {
        if let easy = unsafe spare.take() { return unsafe easy }
        guard let easy = unsafe coffer_easy_init() else { throw HTTPError(.library, "libcurl has no memory") }
        return unsafe easy
    }

    func add(_ transfer: HTTPTransfer, _ easy: UnsafeMutableRawPointer) throws(HTTPError) {
        unsafe transfers[easy] = Unmanaged.passUnretained(transfer)
        guard unsafe coffer_multi_add(multi, easy) == 1 else { throw HTTPError(.library, "libcurl has no memory") }
    }

    /// Ends what is under way on the handle; an unfinished answer costs the connection.
    func giveBack(_ easy: UnsafeMutableRawPointer) {
        unsafe transfers[easy] = nil
        unsafe coffer_multi_remove(multi, easy)
        if unsafe spare != nil { return unsafe coffer_easy_cleanup(easy) }
        unsafe coffer_easy_reset(easy)
        unsafe spare = unsafe easy
    }
}
