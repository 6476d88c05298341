// 2. Who is asking. The token's signature and claims are checked here. The database checks whether the session is still
// live, in the same round trip as the query.

internal import CofferCore
internal import Cryptography
internal import POSIX
internal import Text

/// The bearer of a valid token. Only `Authenticator` makes callers, so an endpoint that takes one cannot run without
/// authentication.
struct Caller {
    let claims: Claims
    fileprivate init(claims: Claims) { self.claims = claims }
    var identity: Identity { .user(claims) }
    /// For statements that write nothing to the audit log.
    var reading: Identity { .reader(claims) }
    /// For a statement that returns no row if the session is not live.
    var unconfirmed: Identity { .unconfirmed(claims) }
}

struct Authenticator {
    let keys: KeyRing

    /// Fetches the keys and makes OpenSSL load its algorithm, before a request has to wait for that. An error is
    /// ignored, as the request that needs the keys gets it again.
    func warmUp() {
        _ = try? keys.secret(of: "")
        let nothing: [UInt8] = [0]
        _ = try? hmacSHA256(key: nothing.span, message: nothing.span)
    }

    /// The bearer of the token in the Authorization header or, without one, in the cookie.
    ///
    /// - Throws: `Failure` 401 if there is no valid token, 403 for a change by cookie from another origin, 400 if there
    ///   are two different tokens.
    func caller(_ request: Request) throws(Failure) -> Caller {
        if let token = try Self.bearerToken(request) { return try verify(token, request) }
        guard let token = try SessionCookie.token(request) else { throw Failure(.tokenMissing) }
        if !request.method.isSafe { try SameOrigin.require(request) }
        return try verify(token, request)
    }

    /// The token of `Bearer <token>` (RFC 6750 §2.1), whose scheme is not case-sensitive. nil if there are only other
    /// schemes: their credentials are for a server in front of us, such as a web server with passwords of its own.
    private static func bearerToken(_ request: Request) throws(Failure) -> String? {
        let tokens = Set(try request.texts(.authorization).flatMap(credentials).compactMap(bearerToken))
        guard tokens.count <= 1 else {
            throw Failure(.malformedRequest, "The header Authorization was sent more than once, with different tokens")
        }
        return tokens.first
    }

    private static func bearerToken(_ credentials: String) -> String? {
        let parts = credentials.split(maxSplits: 1, whereSeparator: { $0 == " " || $0 == "\t" })
        guard parts.first?.lowercased() == "bearer" else { return nil }
        return parts.count == 2 ? String(parts[1].drop { $0 == " " || $0 == "\t" }) : ""
    }

    /// The credentials in a field, into which a web server may have joined several fields. Credentials that contain
    /// commas themselves, such as those of Digest, are split as well, but no part of them looks like a token of ours,
    /// as quoted strings are removed.
    private static func credentials(_ field: String) -> [String] {
        let quoted = field.split(separator: "\"", omittingEmptySubsequences: false).enumerated()
        let outside = quoted.map { $0.offset.isMultiple(of: 2) ? String($0.element) : "" }.joined(separator: "\"")
        return outside.separated(by: ", ").filter { !$0.isEmpty }.map(String.init)
    }

    private func verify(_ text: String, _ request: Request) throws(Failure) -> Caller {
        let token = try AccessToken(text)
        guard let secret = try keys.secret(of: token.keyID) else {
            throw Failure(
                .tokenUndecodable, "No suitable key or wrong key type",
                details: "None of the keys was able to decode the JWT")
        }
        let signature = try mapError(to: Failure.self) {
            try hmacSHA256(key: secret.span, message: token.signedBytes.span)
        }
        guard constantTimeEqual(signature.span, token.signature.span) else {
            throw Failure(.tokenUndecodable, "JWT cryptographic operation failed")
        }
        return Caller(
            claims: try token.claims(
                at: HTTPDate(seconds: Clock.realtimeSeconds()), begun: HTTPDate(seconds: request.began.seconds)))
    }
}
