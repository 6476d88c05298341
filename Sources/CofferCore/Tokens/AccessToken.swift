// A JSON Web Token (RFC 7519) in compact form, taken apart. Pure: who holds the key checks the signature between
// `init` and `claims`.

public import Text

/// What a verified token says about its bearer.
public struct Claims: Equatable, Sendable {
    public let role: Role
    /// UUID in lower case.
    public let userID: String
    /// UUID in lower case.
    public let sessionID: String
    public let expires: HTTPDate
}

/// A token whose parts could be read and whose algorithm is HS256; nothing is verified yet.
public struct AccessToken: Sendable {
    /// Which key signed it.
    public let keyID: String
    /// The bytes that were signed: both first parts with the dot between them.
    public let signedBytes: [UInt8]
    public let signature: [UInt8]
    private let payload: ArraySlice<UInt8>

    /// Bytes.
    public static let maximumLength = 8192
    /// Seconds by which clocks may differ.
    public static let clockSkew: Int64 = 30

    /// Takes a compact token apart.
    ///
    /// - Throws: `Failure` `.tokenUndecodable`.
    public init(_ text: String) throws(Failure) {
        func refuse(_ message: String) -> Failure { Failure(.tokenUndecodable, message) }
        guard !text.isEmpty else { throw refuse("Empty JWT is sent in Authorization header") }
        let bytes = Array(text.utf8)
        guard bytes.count <= Self.maximumLength else { throw refuse("The JWT is longer than 8192 bytes") }
        let parts = bytes.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard parts.count == 3 else { throw refuse("Expected 3 parts in JWT; got \(parts.count)") }
        guard let header = Self.object(parts[0]) else { throw refuse("The JWT header cannot be decoded") }
        guard header["alg"]?.string == "HS256", header["crit"] == nil else {
            throw refuse("Wrong or unsupported encoding algorithm")
        }
        guard let keyID = header["kid"]?.string else { throw refuse("No suitable key or wrong key type") }
        guard let signature = Base64.decodeURL(parts[2]), signature.count == 32 else {
            throw refuse("JWT cryptographic operation failed")
        }
        self.keyID = keyID
        self.signature = signature
        signedBytes = Array(bytes[..<(parts[0].count + 1 + parts[1].count)])
        payload = parts[1]
    }

    private static func object(_ part: ArraySlice<UInt8>) -> JSON? {
        guard let bytes = Base64.decodeURL(part), let json = try? JSON(bytes), case .object = json else { return nil }
        return json
    }

    /// The claims, once the signature is known to be right.
    ///
    /// - Parameter begun: when the request began that brought the token, which may run out while the body comes; now unless
    ///   told otherwise.
    /// - Throws: `Failure` `.tokenClaims` where a needed claim is missing or of the wrong type, or the token is not
    ///   valid, with 30 seconds of allowance; `.tokenUndecodable` where the payload is no JSON object.
    public func claims(at now: HTTPDate, begun: HTTPDate? = nil) throws(Failure) -> Claims {
        guard let json = Self.object(payload) else {
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

    /// A NumericDate, which is seconds; kept within ±2⁵³ so that the allowance cannot overflow.
    private static func time(_ name: String, _ json: JSON) throws(Failure) -> Int64? {
        guard let claim = json[name] else { return nil }
        if case .number(let text) = claim, let value = Double(text), abs(value) <= 9e15 {
            return Int64(value.rounded(.down))
        }
        throw Failure(.tokenClaims, "The JWT '\(name)' claim must be a number")
    }

    private static func uuid(_ name: String, _ json: JSON) throws(Failure) -> String {
        guard let text = json[name]?.string, isUUID(text) else {
            throw Failure(.tokenClaims, "The JWT '\(name)' claim must be a UUID")
        }
        return text
    }
}
