// Parses a JSON Web Token (RFC 7519) in compact form. This file has no keys: the caller verifies the signature after
// `init` and before it asks for the claims.

public import Text

/// The claims of a verified token.
public struct Claims: Equatable, Sendable {
    public let role: Role
    /// UUID in lower case.
    public let userID: String
    /// UUID in lower case.
    public let sessionID: String
    public let expires: HTTPDate
}

/// A parsed token with the algorithm HS256. Its signature is not verified yet.
public struct AccessToken: Sendable {
    /// The id of the key that signed it.
    public let keyID: String
    /// The signed bytes: the first two parts with the dot between them.
    public let signedBytes: ArraySlice<UInt8>
    public let signature: [UInt8]
    private let payload: ArraySlice<UInt8>

    /// The longest token, in bytes.
    public static let maximumLength = 8192
    /// The allowed difference between clocks, in seconds.
    public static let clockSkew: Int64 = 30

    /// Parses a token in compact form.
    ///
    /// - Throws: `Failure` `.tokenUndecodable` if a part is invalid, or if the algorithm is not HS256.
    public init(_ text: String) throws(Failure) {
        func refuse(_ message: String) -> Failure { Failure(.tokenUndecodable, message) }
        guard !text.isEmpty else { throw refuse("Empty JWT is sent in Authorization header") }
        let bytes = Array(text.utf8)
        guard bytes.count <= Self.maximumLength else { throw refuse("The JWT is longer than 8192 bytes") }
        let dots = bytes.indices.filter { bytes[$0] == UInt8(ascii: ".") }
        guard dots.count == 2 else { throw refuse("Expected 3 parts in JWT; got \(dots.count + 1)") }
        guard let header = Members(bytes[..<dots[0]]) else { throw refuse("The JWT header cannot be decoded") }
        guard header["alg"]?.string == "HS256", header["crit"] == nil else {
            throw refuse("Wrong or unsupported encoding algorithm")
        }
        guard let keyID = header["kid"]?.string else { throw refuse("No suitable key or wrong key type") }
        guard let signature = Base64.decodeURL(bytes[(dots[1] + 1)...]), signature.count == 32 else {
            throw refuse("JWT cryptographic operation failed")
        }
        self.keyID = keyID
        self.signature = signature
        signedBytes = bytes[..<dots[1]]
        payload = bytes[(dots[0] + 1)..<dots[1]]
    }

    /// The claims. The caller must have verified the signature.
    ///
    /// - Parameter begun: when the request began, by default `now`. The token may expire while the body arrives.
    /// - Throws: `Failure` `.tokenClaims` if a required claim is missing or has the wrong type, or if the token is
    ///   expired or not valid yet, by more than `clockSkew`. `.tokenUndecodable` if the payload is not a JSON object.
    public func claims(at now: HTTPDate, begun: HTTPDate? = nil) throws(Failure) -> Claims {
        guard let json = Members(payload) else {
            throw Failure(.tokenUndecodable, "The JWT payload cannot be decoded")
        }
        let expires = try Self.time("exp", json)
        guard let expires else { throw Failure(.tokenClaims, "The JWT 'exp' claim must be a number") }
        if expires + Self.clockSkew < (begun ?? now).seconds { throw Failure(.tokenClaims, "JWT expired") }
        if let start = try Self.time("nbf", json), start - Self.clockSkew > now.seconds {
            throw Failure(.tokenClaims, "JWT not yet valid")
        }
        if let issued = try Self.time("iat", json), issued - Self.clockSkew > now.seconds {
            throw Failure(.tokenClaims, "JWT issued at future")
        }
        guard let role = json["role"]?.string.flatMap(Role.init) else {
            throw Failure(.tokenClaims, "The JWT 'role' claim must be 'editor' or 'admin'")
        }
        let userID = try Self.uuid("user_id", json)
        guard json["sub"] == nil || json["sub"]?.string == userID else {
            throw Failure(.tokenClaims, "The JWT 'sub' claim must be the 'user_id'")
        }
        return Claims(
            role: role, userID: userID, sessionID: try Self.uuid("sid", json), expires: HTTPDate(seconds: expires))
    }

    /// A NumericDate, in seconds. It must be within ±9·10¹⁵, so that adding `clockSkew` cannot overflow.
    private static func time(_ name: String, _ json: Members) throws(Failure) -> Int64? {
        guard let claim = json[name] else { return nil }
        if let value = claim.integer, abs(value) <= 9_000_000_000_000_000 { return value }
        if case .number(let text) = claim, let value = Double(text), abs(value) <= 9e15 {
            return Int64(value.rounded(.down))
        }
        throw Failure(.tokenClaims, "The JWT '\(name)' claim must be a number")
    }

    private static func uuid(_ name: String, _ json: Members) throws(Failure) -> String {
        guard let text = json[name]?.string, isUUID(text) else {
            throw Failure(.tokenClaims, "The JWT '\(name)' claim must be a UUID")
        }
        return text
    }
}

/// The members of a part of a token that is a JSON object.
private struct Members {
    private let members: [(name: String, value: JSON)]

    init?(_ part: ArraySlice<UInt8>) {
        guard let members = Base64.decodeURL(part).flatMap(JSON.members) else { return nil }
        self.members = members
    }

    subscript(name: String) -> JSON? { members.first { $0.name == name }?.value }
}
