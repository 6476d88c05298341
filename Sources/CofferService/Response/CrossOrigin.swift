// Cross-origin resource sharing (the Fetch standard, §3.3): off unless the installation lists origins. A page of another
// origin is served as anybody is; its browser keeps the answer from it.

internal import CofferCore
internal import Gateway

struct CrossOrigin {
    /// As browsers send them: scheme, host and, where it is not the scheme's own, port.
    let origins: [String]

    /// Seconds for which a browser may remember an answer to its preflight.
    private static let maximumAge = 86_400
    private static let exposed = [
        "Content-Disposition", "Content-Encoding", "Content-Location", "Content-Range", "Content-Type", "Date", "ETag",
        "Link", "Location", "Preference-Applied", "Range-Unit", "Repr-Digest", "Retry-After", "Server",
        "Transfer-Encoding", "X-Request-Id",
    ].joined(separator: ", ")
    private static let methods = "GET, POST, PATCH, PUT, DELETE, OPTIONS, HEAD"

    /// The origin that may read the answer to this exchange.
    private func origin(_ exchange: any Exchange) -> String? {
        guard !origins.isEmpty, let origin = try? exchange.text(.origin) else { return nil }
        return origins.contains(origin) ? origin : nil
    }

    /// What the answer to this exchange carries for browsers.
    func fields(_ exchange: any Exchange) -> [HeaderField] {
        if origins.isEmpty { return [] }
        // Whoever caches an answer must know that another origin's may differ.
        let vary = HeaderField("Vary", "Origin")
        guard let origin = origin(exchange) else { return [vary] }
        return [
            vary, HeaderField("Access-Control-Allow-Origin", origin),
            HeaderField("Access-Control-Allow-Credentials", "true"),
            HeaderField("Access-Control-Expose-Headers", Self.exposed),
        ]
    }

    /// `OPTIONS` of any route.
    func preflight(_ request: Request) throws(Failure) -> Response {
        Response(200, [HeaderField("Allow", request.route.allow)] + (try preflightFields(request)))
    }

    /// What the answer to a preflight says besides: `OPTIONS` with `Access-Control-Request-Method`.
    private func preflightFields(_ request: Request) throws(Failure) -> [HeaderField] {
        guard origin(request.exchange) != nil, try request.text(.preflightMethod) != nil else {
            return []
        }
        let asked = try request.text(.preflightHeaders).map { $0 + ", " } ?? ""
        return [
            HeaderField("Access-Control-Allow-Methods", Self.methods),
            HeaderField(
                "Access-Control-Allow-Headers", "Authorization, \(asked)Accept, Accept-Language, Content-Language"),
            HeaderField("Access-Control-Max-Age", String(Self.maximumAge)),
        ]
    }
}
