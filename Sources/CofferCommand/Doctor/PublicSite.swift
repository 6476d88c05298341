// The site as a client sees it, through all web servers and proxies on the way.

internal import CofferCore
internal import HTTP
internal import POSIX

final class PublicSite {
    /// Without a slash at its end.
    let url: String
    private let options: DoctorSubject.Options
    private var client: HTTPClient?

    /// - Throws: if the text is not the URL of a site.
    init(_ text: String, _ options: DoctorSubject.Options) throws(Failure) {
        guard let url = parsedSiteURL(text) else {
            throw Failure("\(text) is not the URL of a site, such as https://files.example.org.")
        }
        (self.url, self.options) = (url, options)
    }

    var isSecure: Bool { url.hasPrefix("https:") }

    /// Host and port as in the URL.
    private var authority: Substring { url.dropFirst(isSecure ? 8 : 7).prefix { $0 != "/" } }
    var host: Substring {
        if authority.hasPrefix("["), let end = authority.firstIndex(of: "]") { return authority[...end] }
        return authority.prefix { $0 != ":" }
    }
    private var port: Substring { authority.dropFirst(host.count + 1) }
    var hasPort: Bool { !port.isEmpty }
    /// RFC 6454.
    var origin: String { (isSecure ? "https://" : "http://") + authority }
    var isLoopback: Bool { host == "localhost" || host == "[::1]" || host.hasPrefix("127.") }

    struct Answer {
        let head: HTTPHead
        let body: [UInt8]

        var status: Int { head.status }
        /// The member of an error body.
        func failure(_ name: String) -> String? { (try? JSON(body))?[name]?.string }
        /// The code of an error body of Coffer.
        var code: String? { failure("code") }
        /// Status and code.
        var line: String { "\(status)\(code.map { " \($0)" } ?? "")" }
        /// Whether the answer is Coffer's refusal of this kind.
        func isRefusal(_ kind: CofferCore.Failure.Kind) -> Bool { status == kind.status && code == kind.rawValue }
    }

    /// Sends a request and reads the whole answer.
    ///
    /// - Parameters:
    ///   - target: path and query below the site's URL.
    ///   - limit: the longest body of the answer, in bytes.
    func ask(
        _ method: String, _ target: String, _ fields: [HTTPField] = [], body: HTTPRequest.Body = .none,
        limit: Int = 4 << 20
    ) throws -> Answer {
        let client = if let client { client } else { try newClient() }
        self.client = client
        let transfer = try client.start(HTTPRequest(method, url + target, fields: fields, body: body))
        return Answer(head: try transfer.head(), body: try transfer.contents(limit: limit))
    }

    func get(_ target: String, _ fields: [HTTPField] = []) throws -> Answer { try ask("GET", target, fields) }

    /// A request over a new connection, on which only the head of the answer is awaited.
    func head(
        _ method: String, _ target: String, _ fields: [HTTPField] = [], body: HTTPRequest.Body = .none,
        verifying: Bool = true
    ) throws -> (head: HTTPHead, certificateExpiry: String?) {
        let transfer = try newClient(verifying: verifying)
            .start(HTTPRequest(method, url + target, fields: fields, body: body))
        return (try transfer.head(), transfer.certificateExpiry)
    }

    /// The answer of the host's port 80. nil if the URL has a port, so that the one for plain HTTP is not known.
    ///
    /// - Throws: `HTTPError`, also if nothing listens there.
    func plainHead(_ target: String) throws -> HTTPHead? {
        if hasPort { return nil }
        return try newClient().start(HTTPRequest("GET", "http://\(host)\(url.dropFirst(origin.count))\(target)")).head()
    }

    /// The command with which a person asks the same elsewhere.
    func curl(_ words: String, _ target: String) -> String { "curl \(words) '\(url)\(target)'" }

    private func newClient(verifying: Bool = true) throws(HTTPError) -> HTTPClient {
        var http = HTTPClient.Options()
        http.certificateFile = options.certificateFile
        http.idleLimit = DoctorSubject.patience
        http.verifiesCertificate = verifying
        http.readsCertificate = true
        http.connectTo = options.connectTo.map { connectTo($0) } ?? []
        return try HTTPClient(http)
    }

    /// curl's notation. Plain HTTP keeps its port.
    private func connectTo(_ place: String) -> [String] {
        let own = hasPort ? String(port) : isSecure ? "443" : "80"
        let address = place.hasSuffix("]") ? place[...] : place.prefix(upTo: place.lastIndex(of: ":") ?? place.endIndex)
        let plain = isSecure && !hasPort ? ["\(host):80:\(address):80"] : []
        return ["\(host):\(own):\(place)"] + plain
    }
}

/// A body of bytes that are all in memory.
func bodySource(_ bytes: [UInt8]) -> HTTPRequest.Source {
    var sent = 0
    return { space in
        let count = min(space.freeCapacity, bytes.count - sent)
        space.append(copying: bytes.span.extracting(sent..<(sent + count)))
        sent += count
        return true
    }
}

/// A body without end: 1 KiB every 10 ms, until the time limit stops the transfer.
func slowSource(for limit: Duration) -> HTTPRequest.Source {
    let deadline = Clock.monotonicNanoseconds() + Int64(limit / .nanoseconds(1))
    let piece = [UInt8](repeating: 0, count: 1024)
    return { space in
        if Clock.monotonicNanoseconds() > deadline { return false }
        Clock.sleep(.milliseconds(10))
        space.append(copying: piece.span.extracting(0..<min(piece.count, space.freeCapacity)))
        return true
    }
}
