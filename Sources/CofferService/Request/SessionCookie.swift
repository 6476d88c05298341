// The session cookie: the token, kept where scripts cannot read it.

internal import CofferCore

enum SessionCookie {
    /// `__Host-` binds the cookie to this host (RFC 6265bis §4.1.3.2). Browsers accept it only over TLS.
    private static let secureName = "__Host-coffer"
    /// For plain HTTP on a loopback address.
    private static let loopbackName = "coffer"

    private static func name(_ request: Request) throws(Failure) -> String? {
        if try request.isSecure { return secureName }
        return try Loopback.hasClient(request.exchange, ifAddressIsUnknown: true) ? loopbackName : nil
    }

    /// The token in the request's session cookie. nil if there is no cookie, or the connection is not fit for one.
    static func token(_ request: Request) throws(Failure) -> String? {
        guard let field = try request.text(.cookie), let name = try name(request) else { return nil }
        for pair in field.split(separator: ";") {
            let halves = pair.split(separator: "=", maxSplits: 1)
            if halves.count == 2, halves[0].drop(while: { $0 == " " }) == name { return String(halves[1]) }
        }
        return nil
    }

    /// - Throws: `Failure` 400 if the connection is not fit for a cookie.
    static func requireFit(_ request: Request) throws(Failure) {
        _ = try field(request, token: nil, seconds: 0)
    }

    /// The `Set-Cookie` field that begins a session.
    ///
    /// - Parameters:
    ///   - token: nil to delete the cookie.
    ///   - seconds: how long the session lasts.
    /// - Throws: `Failure` 400 if the connection is not fit for a cookie.
    static func field(_ request: Request, token: String?, seconds: Int64) throws(Failure) -> HeaderField {
        // Without TLS, a page of our own origin whose host is not the request's shows that a proxy has replaced the host.
        // Then a loopback host proves nothing.
        let (isSecure, isOwnOrigin) = (try request.isSecure, try SameOrigin.isOwnOrigin(request))
        guard isSecure || isOwnOrigin != false, let name = try name(request) else {
            throw Failure(
                .invalidArgument, "A session cookie needs HTTPS",
                hint: "Use https, or omit 'Prefer: session=cookie' and send the token as Bearer")
        }
        let secure = name == secureName ? "; Secure" : ""
        let value = "\(name)=\(token ?? ""); Path=/; Max-Age=\(token == nil ? 0 : seconds)"
        return HeaderField("Set-Cookie", "\(value)\(secure); HttpOnly; SameSite=Strict")
    }
}

extension Request {
    /// Whether a browser reports which page sent the request.
    var isFromPage: Bool {
        get throws(Failure) {
            let site = try text(.fetchSite)
            let origin = try text(.origin)
            return site != nil || origin != nil
        }
    }
}

/// Protects from cross-site request forgery: browsers send the cookie with requests from any page, so a change must
/// come from a page of ours.
enum SameOrigin {
    /// - Throws: `Failure` 403 unless the request is same-origin according to `Sec-Fetch-Site` (Fetch Metadata) or, if
    ///   that is absent, `Origin` (RFC 6454 §7).
    static func require(_ request: Request) throws(Failure) {
        if let site = try request.text(.fetchSite) {
            guard site == "same-origin" else { throw Failure(.crossSite) }
            return
        }
        guard try isOwnOrigin(request) == true else { throw Failure(.crossSite) }
    }

    /// Whether `Origin` is the request's scheme and host. nil if there is no `Origin`.
    static func isOwnOrigin(_ request: Request) throws(Failure) -> Bool? {
        guard let origin = try request.text(.origin) else { return nil }
        let scheme = try request.isSecure ? "https" : "http"
        return try normal(origin) == normal("\(scheme)://\(request.text(.host) ?? "")")
    }

    /// An origin as browsers write it: in lower case, without the scheme's default port (RFC 6454 §6.2).
    private static func normal(_ origin: String) -> Substring {
        let lowercase = origin.lowercased()[...]
        for (scheme, port) in [("https://", ":443"), ("http://", ":80")]
        where lowercase.hasPrefix(scheme) && lowercase.hasSuffix(port) {
            return lowercase.dropLast(port.count)
        }
        return lowercase
    }
}
