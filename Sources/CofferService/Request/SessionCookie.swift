// The session cookie: the same token, kept where scripts cannot reach it.

internal import CofferCore

enum SessionCookie {
    /// `__Host-` binds the cookie to this host over TLS (RFC 6265bis §4.1.3.2); a browser takes it for TLS only.
    private static let secureName = "__Host-coffer"
    /// Over plain HTTP on a loopback address, where there is no TLS to bind to.
    private static let loopbackName = "coffer"

    private static func name(_ request: Request) throws(Failure) -> String? {
        if try request.isSecure { return secureName }
        return try isLoopback(request) ? loopbackName : nil
    }

    /// Whether the client speaks to a loopback address: by the host it asked for, and by its own address where known.
    private static func isLoopback(_ request: Request) throws(Failure) -> Bool {
        let host = try request.text(.host) ?? ""
        let name = host.hasPrefix("[") ? host.prefix { $0 != "]" }.dropFirst() : host.prefix { $0 != ":" }
        let isLoopbackAddress = { (address: Substring) in
            let parts = address.split(separator: ".", omittingEmptySubsequences: false)
            return address == "::1" || (parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil })
        }
        let address = try request.text(.remoteAddress).map { Substring($0) } ?? name
        guard try !isProxied(request) else { return false }
        return (name == "localhost" || isLoopbackAddress(name))
            && (address == "localhost" || isLoopbackAddress(address))
    }

    /// Whether something stands between the client and us, so that the addresses say nothing of the client: the web
    /// server says so, or the request looks like it. Who lies about it only loses the cookie without Secure.
    private static func isProxied(_ request: Request) throws(Failure) -> Bool {
        if try request.text(.proxied) != nil { return true }
        for trace in RequestField.proxies where try request.text(trace) != nil { return true }
        // nginx's way of asking another server, unless it is configured otherwise; no browser speaks it.
        return try request.text(.serverProtocol) == "HTTP/1.0"
    }

    /// The token of the request's session cookie.
    static func token(_ request: Request) throws(Failure) -> String? {
        guard let field = try request.text(.cookie), let name = try name(request) else { return nil }
        for pair in field.split(separator: ";") {
            let halves = pair.split(separator: "=", maxSplits: 1)
            if halves.count == 2, halves[0].drop(while: { $0 == " " }) == name { return String(halves[1]) }
        }
        return nil
    }

    /// - Throws: `Failure` 400 where the connection is not fit for a cookie.
    static func requireFit(_ request: Request) throws(Failure) {
        _ = try field(request, token: nil, seconds: 0)
    }

    /// The `Set-Cookie` that begins a session of `seconds`, or ends it where there is no token.
    ///
    /// - Throws: `Failure` 400 where the connection is not fit for a cookie.
    static func field(_ request: Request, token: String?, seconds: Int64) throws(Failure) -> HeaderField {
        // A page from elsewhere that is our own by the browser's word: a proxy has put its own host into the request.
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
    /// Whether a browser says which page sent the request.
    var isFromPage: Bool {
        get throws(Failure) {
            let site = try text(.fetchSite)
            let origin = try text(.origin)
            return site != nil || origin != nil
        }
    }
}

/// Cross-site request forgery: a cookie goes along with any request, so a change must come from our own pages.
enum SameOrigin {
    /// - Throws: `Failure` 403 unless `Sec-Fetch-Site` (Fetch Metadata), or where it is absent `Origin` (RFC 6454 §7),
    ///   says the request is same-origin.
    static func require(_ request: Request) throws(Failure) {
        if let site = try request.text(.fetchSite) {
            guard site == "same-origin" else { throw Failure(.crossSite) }
            return
        }
        guard try isOwnOrigin(request) == true else { throw Failure(.crossSite) }
    }

    /// Whether `Origin` is the site that the request is for; nil where there is none.
    static func isOwnOrigin(_ request: Request) throws(Failure) -> Bool? {
        guard let origin = try request.text(.origin) else { return nil }
        let scheme = try request.isSecure ? "https" : "http"
        return try normal(origin) == normal("\(scheme)://\(request.text(.host) ?? "")")
    }

    /// As browsers write an origin: in lower case, the port only where it is not the scheme's own (RFC 6454 §6.2).
    private static func normal(_ origin: String) -> Substring {
        let lowercase = origin.lowercased()[...]
        for (scheme, port) in [("https://", ":443"), ("http://", ":80")]
        where lowercase.hasPrefix(scheme) && lowercase.hasSuffix(port) {
            return lowercase.dropLast(port.count)
        }
        return lowercase
    }
}
