// 1. The request as the web server passed it on.

internal import CofferCore
internal import Gateway
internal import POSIX
internal import Text

/// A request, with the properties that all steps need. Its fields are read on demand, by typed names.
struct Request {
    let exchange: any Exchange
    /// The web server's id or a new one. It is in every response and every line of the log.
    let id: String
    let method: Method
    let route: Route
    /// The last segment of the path, where the route has a parameter.
    private let parameter: String?
    /// The query in percent-encoding, without the question mark.
    let query: String
    /// The part of the path before the route, as the client sees it.
    let basePath: String
    let began: RequestBegin

    /// - Parameter metrics: who may read the metrics. For others the route does not exist.
    /// - Throws: `Failure` 404 or 405 if there is no such route or method, 400 for text that is not UTF-8.
    init(
        _ exchange: any Exchange, id: String, basePath: String, metrics: MetricsAccess = .closed
    ) throws(Failure) {
        self.exchange = exchange
        self.id = id
        let script = try exchange.text(.scriptName) ?? ""
        let info = try exchange.text(.pathInfo) ?? ""
        let target = try exchange.text(.requestURI) ?? script + info
        let path = target.utf8.prefix(target.utf8.span.firstIndex(of: UInt8(ascii: "?")) ?? .max)
        self.basePath = try exchange.text(.basePath) ?? basePath
        guard path.starts(with: self.basePath.utf8) else { throw Failure(.unknownPath) }
        let place = String(Substring(path.dropFirst(self.basePath.utf8.count)))
        (route, parameter) = try Route.find(place)
        if route.isHidden, !metrics.isOpen(to: exchange) { throw Route.unknown(place) }
        let own = try exchange.text(.requestMethod) ?? ""
        let name = route.isResumable ? try exchange.text(.methodOverride) : nil
        method = try route.adding { (route) throws(Failure) in try route.method(name ?? own) }
        query = try exchange.text(.queryString) ?? ""
        began = RequestBegin(try exchange.text(.requestBegan))
    }

    /// The web server's request id, if it is fit for a header and a log line, or a new one.
    static func identifier(_ exchange: any Exchange) -> String {
        let isFit = { (id: String) in
            (1...64).contains(id.utf8.count)
                && id.allBytes {
                    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) || $0 == UInt8(ascii: "-")
                        || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0 | 0x20)
                }
        }
        if let id = (try? exchange.text(.requestID)) ?? nil, isFit(id) { return id }
        return randomHexadecimal()
    }

    /// The value of a field. nil if it is absent or empty: web servers set empty variables for absent fields.
    func text(_ field: RequestField) throws(Failure) -> String? { try exchange.text(field) }

    /// The value of a variable. nil if it is absent or empty.
    func text(_ variable: ServerVariable) throws(Failure) -> String? { try exchange.text(variable) }

    /// All values of a field, one for each time that it was sent, unless the web server has joined them.
    func all(_ field: RequestField) throws(Failure) -> [String] {
        try mapError(to: Failure.self) { try exchange.parameters(field.variable) }
    }

    /// All values of a field that are not empty.
    func texts(_ field: RequestField) throws(Failure) -> [String] { try all(field).filter { !$0.isEmpty } }

    func parameters() throws(Failure) -> QueryParameters { try QueryParameters(query) }

    /// The preferences in all `Prefer` fields.
    func preferences() throws(Failure) -> Preferences {
        try Preferences(try list(.prefer) ?? "")
    }

    /// The first of these media types that the client accepts.
    ///
    /// - Throws: `Failure` 406 if it accepts none of them.
    func negotiate(_ offers: [String]) throws(Failure) -> String {
        let accept = try text(.accept)
        guard let type = MediaType.negotiate(accept, offers: offers) else {
            throw Failure(.notAcceptable, "None of these media types are available: \(accept ?? "")")
        }
        return type
    }

    /// The id of the upload that the path names.
    ///
    /// - Throws: `Failure` 404 if it cannot be one, as for an upload that does not exist.
    var uploadID: String {
        get throws(Failure) {
            guard let parameter, isUUID(parameter) else { throw Failure(.uploadNotFound) }
            return parameter
        }
    }

    /// Whether the client uses TLS, according to the web server.
    var isSecure: Bool {
        get throws(Failure) { ["on", "1"].contains(try text(.https)) }
    }

    /// Replaces the contents of `buffer` by the next `limit` bytes of the body, or by fewer at its end.
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

    /// The announced length of the body in bytes. nil if it is unknown.
    ///
    /// A web server that asks whether an upload may begin sends the length in a variable, and no body.
    ///
    /// - Throws: `Failure` 400 if it is not a number.
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
        let value: String?
        do throws(GatewayError) { value = try parameter(name) } catch { throw Failure(error) }
        return value?.isEmpty == true ? nil : value
    }
}
