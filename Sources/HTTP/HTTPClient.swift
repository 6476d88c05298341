// HTTP/1.1 requests by libcurl's multi interface. Calls block. Connections are kept for later requests. The proxy
// variables of the environment are ignored, since in CGI a client can set HTTP_PROXY by a header field.

internal import CCurl

/// Makes transfers on one thread. Several can be active. All of them proceed while the caller waits for one.
@safe public final class HTTPClient {
    public struct Options: Sendable {
        /// A PEM file of trusted certificates, instead of the system's.
        public var certificateFile: String?
        /// The time limit for establishing a connection.
        public var connectLimit = Duration.seconds(3)
        /// The time limit for a wait in which no byte is sent or received.
        public var idleLimit = Duration.seconds(30)
        /// Whether the server's certificate must be trusted and be that of the host. Only for finding out what is wrong.
        public var verifiesCertificate = true
        /// Whether `HTTPTransfer.certificateExpiry` is read.
        public var readsCertificate = false
        /// Other places to connect to: `HOST:PORT:ADDRESS:PORT`, as for curl's `--connect-to`. TLS and the Host field
        /// still use the name of the URL.
        public var connectTo: [String] = []

        public init() {}
    }

    public let options: Options
    private let multi: UnsafeMutableRawPointer
    /// The active transfers by easy handle. Each removes itself in its `deinit`.
    private var transfers: [UnsafeMutableRawPointer: Unmanaged<HTTPTransfer>] = unsafe [:]
    /// An easy handle for reuse. Only one is kept, since handles own buffers.
    private var spare: UnsafeMutableRawPointer?
    /// For `connectTo`. libcurl needs it as long as a transfer lasts.
    let connectTo: FieldList?

    /// The first client of a process loads libcurl: `curl_global_init`, `curl_multi_init`.
    ///
    /// - Throws: `.library` if libcurl cannot be loaded or has no memory.
    public init(_ options: Options = Options()) throws(HTTPError) {
        guard Self.isLoaded else { throw HTTPError(.library, "libcurl.so.4 is missing: install libcurl4") }
        connectTo = options.connectTo.isEmpty ? nil : try FieldList(lines: options.connectTo)
        guard let multi = unsafe coffer_multi_init() else { throw HTTPError(.library, "libcurl has no memory") }
        self.options = options
        unsafe self.multi = unsafe multi
    }

    deinit {
        if let spare = unsafe spare { unsafe coffer_easy_cleanup(spare) }
        unsafe coffer_multi_cleanup(multi)
    }

    private static let isLoaded = coffer_curl_load() == 1

    /// Starts a transfer. It proceeds in `perform` and in every call that waits.
    public func start(_ request: HTTPRequest) throws(HTTPError) -> HTTPTransfer {
        let transfer = try HTTPTransfer(request, self)
        perform()
        return transfer
    }

    /// Sends and receives as much as possible without waiting: `curl_multi_perform`.
    public func perform() {
        _ = unsafe coffer_multi_perform(multi)
        var code: Int32 = 0
        while let easy = unsafe coffer_multi_ended(multi, &code) {
            unsafe transfers[easy]?.takeUnretainedValue().end(code)
        }
    }

    /// Waits until a transfer can proceed, for at most one second: `curl_multi_poll`.
    func wait(atMost limit: Duration) {
        let milliseconds = max(1, min(1000, limit / .milliseconds(1)))
        _ = unsafe coffer_multi_poll(multi, Int32(milliseconds))
    }

    func acquireHandle() throws(HTTPError) -> UnsafeMutableRawPointer {
        if let easy = unsafe spare.take() { return unsafe easy }
        guard let easy = unsafe coffer_easy_init() else { throw HTTPError(.library, "libcurl has no memory") }
        return unsafe easy
    }

    func add(_ transfer: HTTPTransfer, _ easy: UnsafeMutableRawPointer) throws(HTTPError) {
        unsafe transfers[easy] = Unmanaged.passUnretained(transfer)
        guard unsafe coffer_multi_add(multi, easy) == 1 else { throw HTTPError(.library, "libcurl has no memory") }
    }

    /// Ends the transfer on the handle. If its response is incomplete, libcurl closes the connection.
    func releaseHandle(_ easy: UnsafeMutableRawPointer) {
        unsafe transfers[easy] = nil
        unsafe coffer_multi_remove(multi, easy)
        if unsafe spare != nil { return unsafe coffer_easy_cleanup(easy) }
        unsafe coffer_easy_reset(easy)
        unsafe spare = unsafe easy
    }
}
