// 1. The request as the web server handed it over.

internal import CofferCore
internal import Gateway
internal import POSIX

/// One request: what every step needs of it. Fields are read when they are needed, by typed names.
struct Request {
    let exchange: any Exchange
    /// The web server's id, or one made here: in every answer and every line of the log.
    let id: String
    let method: Method
    let route: Route
    /// Not decoded, without the question mark.
    let query: String
    /// What precedes the route in the path, as the client sees it.
    let basePath: String
    let began: RequestBegin

    /// - Throws: `Failure` 404 or 405 where there is no such route or method.
    init(_ exchange: any Exchange, id: String, basePath: String) throws(Failure) {
        self.exchange = exchange
        self.id = id
        let script = try exchange.text(.scriptName) ?? ""
        let info = try exchange.text(.pathInfo) ?? ""
        let target = try exchange.text(.requestURI) ?? script + info
        let path = target.utf8.prefix { $0 != UInt8(ascii: "?") }
        self.basePath = try exchange.text(.basePath) ?? basePath
        guard path.starts(with: self.basePath.utf8) else { throw Failure(.unknownPath) }
        route = try Route.find(String(Substring(path.dropFirst(self.basePath.utf8.count))))
        method = try route.method(try exchange.text(.requestMethod) ?? "")
        query = try exchange.text(.queryString) ?? ""
        began = RequestBegin(try exchange.text(.requestBegan))
    }

    /// The request id of the web server where it is fit for a header and a log line, else a new one.
    static func identifier(_ exchange: any Exchange) -> String {
        let isFit = { (id: String) in
            (1...64).contains(id.utf8.count)
                && id.utf8.allSatisfy {
                    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) || $0 == UInt8(ascii: "-")
                        || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0 | 0x20)
                }
        }
        if let id = (try? exchange.text(.requestID)) ?? nil, isFit(id) { return id }
        // The system's own generator: OpenSSL's would take a plain CGI process a millisecond to begin.
        let halves = [UInt64.random(in: 0 ... .max), UInt64.random(in: 0 ... .max)]
        return halves.map { String($0 | 1 << 63, radix: 16) }.joined()
    }

    /// A field; an empty one counts as absent, as web servers send empty ones for fields that did not come.
    func text(_ field: RequestField) throws(Failure) -> String? { try exchange.text(field) }

    /// What the web server says; nothing counts as absent.
    func text(_ variable: ServerVariable) throws(Failure) -> String? { try exchange.text(variable) }

    /// The values of a field, one for each line where the web server does not join them.
    func all(_ field: RequestField) throws(Failure) -> [String] {
        try mapError(to: Failure.self) { try exchange.parameters(field.variable) }
    }

    /// The same without the empty ones.
    func texts(_ field: RequestField) throws(Failure) -> [String] { try all(field).filter { !$0.isEmpty } }

    func parameters() throws(Failure) -> QueryParameters { try QueryParameters(query) }

    /// The preferences of all `Prefer` fields.
    func preferences() throws(Failure) -> Preferences {
        try Preferences(try list(.prefer) ?? "")
    }

    /// The first of `offers` that the client accepts.
    ///
    /// - Throws: `Failure` 406.
    func negotiate(_ offers: [String]) throws(Failure) -> String {
        let accept = try text(.accept)
        guard let type = MediaType.negotiate(accept, offers: offers) else {
            throw Failure(.notAcceptable, "None of these media types are available: \(accept ?? "")")
        }
        return type
    }

    /// Whether the client came over TLS, as the web server says.
    var isSecure: Bool {
        get throws(Failure) { ["on", "1"].contains(try text(.https)) }
    }

    /// Fills `buffer`, which is emptied first, with the next bytes of the body: fewer than `limit` only at its end.
    func readBody(into buffer: inout [UInt8], upTo limit: Int) throws(Failure) {
        buffer.removeAll(keepingCapacity: true)
        var filled: Int
        repeat {
            filled = buffer.count
            try mapError(to: Failure.self) {
                try buffer.append(addingCapacity: limit - filled) { span in try exchange.read(into: &span) }
            }
        } while filled < buffer.count && buffer.count < limit
    }

    /// Bytes of the body as announced; nil where the length is not known.
    ///
    /// A web server that asks whether an upload may begin sends no body with the question, but tells its length.
    func announcedLength() throws(Failure) -> Int64? {
        let (question, body) = (try text(.uploadLength), try text(.contentLength))
        guard let text = question ?? body else { return nil }
        guard text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }), let length = Int64(text)
        else { throw Failure(.malformedRequest, "The Content-Length is not a number") }
        return length
    }
}

extension Exchange {
    func text(_ field: RequestField) throws(Failure) -> String? { try text(field.variable) }
    func text(_ variable: ServerVariable) throws(Failure) -> String? { try text(variable.name) }

    private func text(_ name: StaticString) throws(Failure) -> String? {
        let value = try mapError(to: Failure.self) { try parameter(name) }
        return value?.isEmpty == true ? nil : value
    }
}
