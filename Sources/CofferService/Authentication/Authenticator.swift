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

    /// Fetches the keys before a request has to wait for that. An error is ignored, as the request that needs the keys
    /// gets it again.
    func warmUp() { _ = try? keys.key("") }

    /// The bearer of the token in the Authorization header or, without one, in the cookie.
    ///
    /// - Throws: `Failure` 401 if there is no valid token, 403 for a change by cookie from another origin, 400 if there
    ///   are two different tokens.
    func caller(_ request: Request) throws(Failure) -> Caller {
        if let token = try BearerToken.find(in: request.texts(.authorization)) { return try verify(token, request) }
        guard let token = try SessionCookie.token(request) else { throw Failure(.tokenMissing) }
        if !request.method.isSafe { try SameOrigin.require(request) }
        return try verify(token, request)
    }

    private func verify(_ text: String, _ request: Request) throws(Failure) -> Caller {
        let token = try AccessToken(text)
        guard let key = try keys.key(token.keyID) else {
            throw Failure(
                .tokenUndecodable, "No suitable key or wrong key type",
                details: "None of the keys was able to decode the JWT")
        }
        let signature = key.code(of: token.signedBytes.span)
        guard constantTimeEqual(signature.span, token.signature.span) else {
            throw Failure(.tokenUndecodable, "JWT cryptographic operation failed")
        }
        return Caller(
            claims: try token.claims(
                at: HTTPDate(seconds: Clock.realtimeSeconds()), begun: HTTPDate(seconds: request.began.seconds)))
    }
}
