// Cross-origin resource sharing (the Fetch standard, §3.3). It is off unless the configuration lists origins. Pages of
// other origins get responses as well, but their browser does not let them read these.

internal import CofferCore
internal import Gateway

struct CrossOrigin {
    /// As browsers send them: scheme, host and, unless it is the scheme's default, port.
    let origins: [String]

    /// How long a browser may keep the response to a preflight, in seconds.
    private static let maximumAge = 86_400
    private static let exposed = [
        "Content-Disposition", "Content-Encoding", "Content-Location", "Content-Range", "Content-Type", "Date", "ETag",
        "Link", "Location", "Preference-Applied", "Range-Unit", "Repr-Digest", "Retry-After", "Server",
        "Transfer-Encoding", "X-Request-Id", "Tus-Resumable", "Tus-Version", "Tus-Extension", "Tus-Max-Size",
        "Tus-Checksum-Algorithm", "Upload-Offset", "Upload-Length", "Upload-Metadata", "Upload-Expires",
    ].joined(separator: ", ")
    private static let methods = "GET, POST, PATCH, PUT, DELETE, OPTIONS, HEAD"

    /// The request's origin if it may read the response. nil otherwise, also if the field is malformed.
    private func origin(_ exchange: any Exchange) -> String? {
        guard !origins.isEmpty, let origin = try? exchange.text(.origin) else { return nil }
        return origins.contains(origin) ? origin : nil
    }

    /// The fields that every response has for browsers.
    func fields(_ exchange: any Exchange) -> [HeaderField] {
        if origins.isEmpty { return [] }
        // The response for another origin differs, which caches must know.
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

    /// The additional fields for a preflight, which is `OPTIONS` with `Access-Control-Request-Method`.
    private func preflightFields(_ request: Request) throws(Failure) -> [HeaderField] {
        guard origin(request.exchange) != nil, try request.text(.preflightMethod) != nil else {
            return []
        }
        let requested = try request.text(.preflightHeaders).map { $0 + ", " } ?? ""
        return [
            HeaderField("Access-Control-Allow-Methods", Self.methods),
            HeaderField(
                "Access-Control-Allow-Headers", "Authorization, \(requested)Accept, Accept-Language, Content-Language"),
            HeaderField("Access-Control-Max-Age", String(Self.maximumAge)),
        ]
    }
}
