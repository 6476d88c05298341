// 2. Who asks. The token's signature and claims are checked here; whether its session still lives is the database's
// to say, in the same round trip as the query.

internal import CofferCore
internal import Cryptography
internal import POSIX
internal import Text

/// A bearer whose token is genuine. Nothing else makes one, so an endpoint that takes a caller cannot run without.
struct Caller {
    let claims: Claims
    fileprivate init(claims: Claims) { self.claims = claims }
    var identity: Identity { .user(claims) }
    /// For what leaves no trace in the audit log.
    var reading: Identity { .reader(claims) }
}

struct Authenticator {
    let keys: KeyRing

    /// Fetches the keys, and has OpenSSL look its algorithm up.
    func warmUp() {
        _ = try? keys.secret(of: "")
        let nothing: [UInt8] = [0]
        _ = try? hmacSHA256(key: nothing.span, message: nothing.span)
    }

    /// The bearer of the request's token: the Authorization header's, else the cookie's.
    ///
    /// - Throws: `Failure` 401 without a token or with a bad one, 403 for a change by cookie from another origin, 400
    ///   where there are two tokens.
    func caller(_ request: Request) throws(Failure) -> Caller {
        if let token = try Self.bearerToken(request) { return try verify(token, request) }
        guard let token = try SessionCookie.token(request) else { throw Failure(.tokenMissing) }
        if !request.method.isSafe { try SameOrigin.require(request) }
        return try verify(token, request)
    }

    /// The token of `Bearer <token>` (RFC 6750 §2.1); the scheme in any case. nil where there are other schemes only: those
    /// credentials are for what stands before us, such as a web server with a password of its own.
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

    /// The credentials in a field, which a web server may have joined of several. What has commas of its own, as Digest
    /// has, falls apart, but none of its parts reads like a token of ours; what is in quotes stays whole.
    private static func credentials(_ field: String) -> [String] {
        let quoted = field.split(separator: "\"", omittingEmptySubsequences: false).enumerated()
        let outside = quoted.map { $0.offset.isMultiple(of: 2) ? String($0.element) : "" }.joined(separator: "\"")
        return outside.split(separator: ", ").map(String.init)
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
