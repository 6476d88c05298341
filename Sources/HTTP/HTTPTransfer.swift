// One request and its response. The request body is read as fast as the connection accepts it. The response is
// buffered, and libcurl pauses while the buffer is full.

internal import CCurl
internal import POSIX
internal import Text

/// An active transfer. Releasing it cancels it.
@safe public final class HTTPTransfer {
    /// In bytes. Must be larger than CURL_MAX_WRITE_SIZE, the 16 KiB that libcurl passes at most in one call.
    private static let bufferSize = 256 << 10
    /// The maximum size of all header fields of a response together, in bytes.
    private static let maximumHeadSize = 64 << 10

    private let client: HTTPClient
    private let easy: UnsafeMutableRawPointer
    private let fields: FieldList
    private let body: HTTPRequest.Body
    private var sent: Int64 = 0

    private var lines: [String] = []
    private var headSize = 0
    private var isHeadComplete = false
    private var incoming = Buffer(capacity: bufferSize)
    private var consumed = 0
    private var isPaused = false
    private var hasBodyFailed = false
    /// The number of bytes sent and received, for the idle timeout.
    private var bytesTransferred: Int64 = 0
    /// libcurl's result (CURLcode), or nil while the transfer is active.
    private var code: Int32?

    init(_ request: HTTPRequest, _ client: HTTPClient) throws(HTTPError) {
        self.client = client
        body = request.body
        fields = try FieldList(request.fields)
        unsafe easy = try client.acquireHandle()
        guard set(request) else { throw HTTPError(.library, "libcurl rejected an option") }
        unsafe try client.add(self, easy)
    }

    deinit { unsafe client.releaseHandle(easy) }

    /// Waits for the head of the response.
    public func head() throws(HTTPError) -> HTTPHead {
        try wait { $0.isHeadComplete }
        guard let status else { throw HTTPError(.answer, "The answer is not HTTP") }
        let fields = lines.dropFirst().compactMap { line -> HTTPField? in
            guard let colon = line.firstIndex(of: ":") else { return nil }
            return HTTPField(String(line[..<colon]), String(line[line.index(after: colon)...].trimming(\.isWhitespace)))
        }
        return HTTPHead(status: status, fields: fields)
    }

    /// When the server's certificate expires, as OpenSSL writes it: `Nov  3 09:30:00 2027 GMT`. nil without TLS or
    /// `readsCertificate`, and if an earlier transfer made the connection: `CURLINFO_CERTINFO`. Call it after `head`.
    public var certificateExpiry: String? {
        guard let text = unsafe coffer_certificate_field(easy, "Expire date:") else { return nil }
        return unsafe String(cString: text)
    }

    private var status: Int? { lines.first?.split(separator: " ").dropFirst().first.flatMap { Int($0) } }

    /// Appends bytes of the response body and returns their number, 0 at the end. Waits for at least one.
    public func read(into buffer: inout OutputSpan<UInt8>) throws(HTTPError) -> Int {
        if buffer.isFull { return 0 }
        try wait { $0.incoming.count > 0 }
        let count = min(buffer.freeCapacity, incoming.count - consumed)
        let begin = consumed
        incoming.withBytes { bytes in
            buffer.append(copying: bytes.extracting(begin..<(begin + count)))
        }
        consumed += count
        if consumed == incoming.count {
            incoming.removeAll()
            consumed = 0
            resume()
        }
        return count
    }

    /// Reads the rest of the response body.
    ///
    /// - Parameter limit: in bytes. A longer body is an error.
    public func contents(limit: Int = 4 << 20) throws(HTTPError) -> [UInt8] {
        var bytes: [UInt8] = []
        while true {
            try wait { $0.incoming.count > 0 }
            if incoming.count == 0 { return bytes }
            bytes += incoming.array
            incoming.removeAll()
            if bytes.count > limit { throw HTTPError(.answer, "The answer is too long") }
            resume()
        }
    }

    /// Performs transfers until the condition is true or this transfer has ended successfully.
    private func wait(_ condition: (HTTPTransfer) -> Bool) throws(HTTPError) {
        var last = (bytesTransferred: bytesTransferred, time: ContinuousClock.now)
        while !condition(self) {
            client.perform()
            if condition(self) { return }
            if let code {
                if hasBodyFailed { throw HTTPError(.body, "The request's body could not be read") }
                if code != 0 { throw HTTPError(code: code) }
                return
            }
            let now = ContinuousClock.now
            if bytesTransferred != last.bytesTransferred { last = (bytesTransferred, now) }
            let left = client.options.idleLimit - last.time.duration(to: now)
            if left <= .zero { throw HTTPError(.timeout, "The server does not respond") }
            client.wait(atMost: left)
        }
    }

    private func resume() {
        guard isPaused else { return }
        isPaused = false
        // Delivers the bytes that libcurl held back, and may pause again.
        _ = unsafe coffer_easy_resume(easy)
    }

    func end(_ code: Int32) {
        self.code = code
        // After success the head is complete, even if no body followed.
        if code == 0 { isHeadComplete = true }
    }
}

// libcurl's callbacks and options.
extension HTTPTransfer {
    private static func from(_ context: UnsafeMutableRawPointer?) -> HTTPTransfer {
        unsafe Unmanaged<HTTPTransfer>.fromOpaque(context!).takeUnretainedValue()
    }

    fileprivate func provideBody(_ memory: UnsafeMutablePointer<CChar>, _ capacity: Int) -> Int {
        guard let (length, source) = body.content else { return 0 }
        let wanted = Int(min(Int64(capacity), length - sent))
        if wanted == 0 { return 0 }
        let target = unsafe UnsafeMutableRawPointer(memory).assumingMemoryBound(to: UInt8.self)
        let region = unsafe UnsafeMutableBufferPointer(start: target, count: wanted)
        var space = unsafe OutputSpan(buffer: region, initializedCount: 0)
        let isGood = source(&space)
        let count = unsafe space.finalize(for: region)
        guard isGood, count > 0 else {
            hasBodyFailed = true
            return Int(coffer_read_abort)
        }
        sent += Int64(count)
        bytesTransferred += Int64(count)
        return count
    }

    fileprivate func receiveBody(_ memory: UnsafeMutablePointer<CChar>, _ count: Int) -> Int {
        isHeadComplete = true
        if incoming.count + count > incoming.capacity {
            isPaused = true
            return Int(coffer_write_pause)
        }
        let start = unsafe UnsafeRawPointer(memory).assumingMemoryBound(to: UInt8.self)
        incoming.append(copying: unsafe Span(_unsafeStart: start, count: count))
        bytesTransferred += Int64(count)
        return count
    }

    fileprivate func receiveHeader(_ memory: UnsafeMutablePointer<CChar>, _ count: Int) -> Int {
        headSize += count
        guard headSize <= Self.maximumHeadSize else { return 0 }
        let bytes = unsafe UnsafeRawBufferPointer(start: memory, count: count)
        let line = unsafe String(String(decoding: bytes, as: UTF8.self).trimming(\.isWhitespace))
        bytesTransferred += Int64(count)
        if line.hasPrefix("HTTP/") {
            // Discard the head of an interim response, such as 100.
            lines = [line]
        } else if line.isEmpty {
            isHeadComplete = (status ?? 0) >= 200
        } else if !isHeadComplete {
            lines.append(line)
        }
        return count
    }

    private func set(_ request: HTTPRequest) -> Bool {
        let context = unsafe Unmanaged.passUnretained(self).toOpaque()
        let options = client.options
        var isSet =
            unsafe coffer_set_callbacks(
                easy, context,
                { unsafe HTTPTransfer.from($3).provideBody($0!, $1 * $2) },
                { unsafe HTTPTransfer.from($3).receiveBody($0!, $1 * $2) },
                { unsafe HTTPTransfer.from($3).receiveHeader($0!, $1 * $2) }) == 1
        func set(_ option: CURLoption, _ value: Int) {
            isSet = unsafe coffer_set_long(easy, option, value) == 1 && isSet
        }
        func set(_ option: CURLoption, _ text: String) {
            isSet = unsafe coffer_set_text(easy, option, text) == 1 && isSet
        }
        func setUpload(length: Int64) {
            set(CURLOPT_UPLOAD, 1)
            set(CURLOPT_UPLOAD_BUFFERSIZE, 512 << 10)
            set(CURLOPT_CUSTOMREQUEST, request.method)
            isSet = unsafe coffer_set_offset(easy, CURLOPT_INFILESIZE_LARGE, curl_off_t(length)) == 1 && isSet
        }
        set(CURLOPT_URL, request.url)
        set(CURLOPT_PATH_AS_IS, 1)
        set(CURLOPT_PROXY, "")
        set(CURLOPT_NOPROXY, "*")
        set(CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_1_1))
        set(CURLOPT_CONNECTTIMEOUT_MS, Int(options.connectLimit / .milliseconds(1)))
        set(CURLOPT_BUFFERSIZE, 128 << 10)
        if let file = options.certificateFile { set(CURLOPT_CAINFO, file) }
        switch request.body {
        case .none where request.method == "HEAD": set(CURLOPT_NOBODY, 1)
        case .none: set(CURLOPT_CUSTOMREQUEST, request.method)
        case .source(let length, _):
            setUpload(length: length)
        // Without a length, libcurl sends chunks.
        case .chunked:
            setUpload(length: -1)
        }
        if !options.verifiesCertificate {
            set(CURLOPT_SSL_VERIFYPEER, 0)
            set(CURLOPT_SSL_VERIFYHOST, 0)
        }
        if options.readsCertificate { set(CURLOPT_CERTINFO, 1) }
        if let list = client.connectTo {
            isSet = unsafe coffer_set_list(easy, CURLOPT_CONNECT_TO, list.list) == 1 && isSet
        }
        return unsafe coffer_set_list(easy, CURLOPT_HTTPHEADER, fields.list) == 1 && isSet
    }
}

/// Owns a `curl_slist`, of header fields or other lines.
@safe final class FieldList {
    private(set) var list: UnsafeMutablePointer<curl_slist>?

    convenience init(_ fields: [HTTPField]) throws(HTTPError) {
        // Empty fields remove libcurl's default Content-Type and its wait for 100 Continue.
        let lines =
            fields.map { "\($0.name): \($0.value)" }
            + ["Expect:", "Content-Type:"].filter { line in
                !fields.contains { "\($0.name):" == line }
            }
        try self.init(lines: lines)
    }

    init(lines: [String]) throws(HTTPError) {
        for line in lines {
            guard line.utf8.allSatisfy({ $0 >= 0x20 }), let next = unsafe coffer_list_append(list, line) else {
                throw HTTPError(.library, "A header field is invalid")
            }
            unsafe list = unsafe next
        }
    }

    deinit { unsafe coffer_list_free(list) }
}
