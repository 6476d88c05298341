import TestSupport
import Testing
import Text

@testable import CofferCore

struct AccessTokenTests {
    private static let user = "8f14e45f-ceea-467f-ab1e-3c5d2a9b7e01"
    private static let sid = "c9f0f895-fb98-4b91-99d1-4e3b2a7c6d55"
    /// The time at which these tests evaluate claims.
    private static let now = HTTPDate(seconds: 1_800_000_000)

    private static func part(_ text: String) -> String {
        Base64.encode(Array(text.utf8)).replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }

    private static let header = #"{"alg":"HS256","typ":"JWT","kid":"k1"}"#
    private static let signature = String(repeating: "A", count: 43)

    private static func token(
        header: String = header, payload: String = "{}", signature: String = signature
    ) -> String {
        "\(part(header)).\(part(payload)).\(signature)"
    }

    /// The claims of a valid token, with some of them replaced, or removed by nil.
    private static func payload(_ changes: [String: String?] = [:]) -> String {
        var claims: [String: String] = [
            "role": #""editor""#, "user_id": "\"\(user)\"", "sub": "\"\(user)\"", "sid": "\"\(sid)\"",
            "iat": "1799999000", "exp": "1800000100",
        ]
        for (name, value) in changes { claims[name] = value }
        return "{" + claims.map { "\"\($0.key)\":\($0.value)" }.joined(separator: ",") + "}"
    }

    private func claims(_ payload: String, at now: HTTPDate = now) throws(Failure) -> Claims {
        try AccessToken(Self.token(payload: payload)).claims(at: now)
    }

    @Test func `a valid token is parsed`() throws {
        let text = Self.token(payload: "{}")
        let token = try AccessToken(text)
        #expect(token.keyID == "k1")
        #expect(token.signature == [UInt8](repeating: 0, count: 32))
        #expect(String(decoding: token.signedBytes, as: UTF8.self) == String(text.dropLast(44)))
    }

    @Test(arguments: [
        ("", "Empty JWT is sent in Authorization header"), ("a", "Expected 3 parts in JWT; got 1"),
        ("a.b", "Expected 3 parts in JWT; got 2"), ("a.b.c.d", "Expected 3 parts in JWT; got 4"),
        ("..", "The JWT header cannot be decoded"), ("?.b.c", "The JWT header cannot be decoded"),
        (token(header: "[]"), "The JWT header cannot be decoded"),
        (token(header: "{"), "The JWT header cannot be decoded"),
        (token(header: #"{"alg":"HS256","alg":"none","kid":"k"}"#), "The JWT header cannot be decoded"),
        (token() + "=", "JWT cryptographic operation failed"),
        (token(header: #"{"alg":"none","kid":"k1"}"#), "Wrong or unsupported encoding algorithm"),
        (token(header: #"{"alg":"none","kid":"k1"}"#, signature: ""), "Wrong or unsupported encoding algorithm"),
        (token(header: #"{"alg":"hs256","kid":"k1"}"#), "Wrong or unsupported encoding algorithm"),
        (token(header: #"{"alg":"HS512","kid":"k1"}"#), "Wrong or unsupported encoding algorithm"),
        (token(header: #"{"alg":"RS256","kid":"k1"}"#), "Wrong or unsupported encoding algorithm"),
        (token(header: #"{"alg":["HS256"],"kid":"k1"}"#), "Wrong or unsupported encoding algorithm"),
        (token(header: #"{"kid":"k1"}"#), "Wrong or unsupported encoding algorithm"),
        (token(header: #"{"alg":"HS256","kid":"k1","crit":["exp"]}"#), "Wrong or unsupported encoding algorithm"),
        (token(header: #"{"alg":"HS256"}"#), "No suitable key or wrong key type"),
        (token(header: #"{"alg":"HS256","kid":1}"#), "No suitable key or wrong key type"),
        (token(signature: ""), "JWT cryptographic operation failed"),
        (token(signature: "AAAA"), "JWT cryptographic operation failed"),
        (token(signature: signature + "AA"), "JWT cryptographic operation failed"),
        (token(signature: String(signature.dropLast()) + "B"), "JWT cryptographic operation failed"),
        (token(payload: String(repeating: "x", count: 8000)), "The JWT is longer than 8192 bytes"),
    ])
    func `a token that cannot be parsed is refused with the reason`(text: String, message: String) {
        let failure = refusal { () throws(Failure) in try AccessToken(text) }
        #expect(failure?.kind == .tokenUndecodable)
        #expect(failure?.message == message)
    }

    @Test func `a token of 8192 bytes is read, and a longer one is refused`() {
        let text = { (length: Int) in String(repeating: "x", count: length) }
        #expect(
            refusal { () throws(Failure) in try AccessToken(text(8192)) }?.message == "Expected 3 parts in JWT; got 1")
        #expect(
            refusal { () throws(Failure) in try AccessToken(text(8193)) }?.message
                == "The JWT is longer than 8192 bytes")
    }

    @Test func `valid claims are read`() throws {
        let expected = Claims(
            role: .editor, userID: Self.user, sessionID: Self.sid, expires: HTTPDate(seconds: 1_800_000_100))
        #expect(try claims(Self.payload()) == expected)
        #expect(try claims(Self.payload(["sub": nil, "iat": nil])) == expected)
        #expect(try claims(Self.payload(["role": #""admin""#])).role == .admin)
        #expect(try claims(Self.payload(["exp": "1800000100.9"])) == expected)
        #expect(try claims(Self.payload(["aud": "null", "scope": "[]"])) == expected)
    }

    @Test(
        arguments: [
            ("exp", nil, "The JWT 'exp' claim must be a number"),
            ("exp", "null", "The JWT 'exp' claim must be a number"),
            ("exp", #""1800000100""#, "The JWT 'exp' claim must be a number"),
            ("exp", "true", "The JWT 'exp' claim must be a number"),
            ("exp", "1e300", "The JWT 'exp' claim must be a number"),
            ("exp", "1e999", "The JWT 'exp' claim must be a number"),
            ("exp", "9223372036854775807", "The JWT 'exp' claim must be a number"),
            ("nbf", #""0""#, "The JWT 'nbf' claim must be a number"),
            ("iat", "[]", "The JWT 'iat' claim must be a number"),
            ("role", nil, "The JWT 'role' claim must be 'editor' or 'admin'"),
            ("role", #""coffer_owner""#, "The JWT 'role' claim must be 'editor' or 'admin'"),
            ("role", #""Admin""#, "The JWT 'role' claim must be 'editor' or 'admin'"),
            ("role", #"["admin"]"#, "The JWT 'role' claim must be 'editor' or 'admin'"),
            ("user_id", nil, "The JWT 'user_id' claim must be a UUID"),
            ("user_id", "1", "The JWT 'user_id' claim must be a UUID"),
            ("user_id", #""""#, "The JWT 'user_id' claim must be a UUID"),
            ("user_id", #""8F14E45F-CEEA-467F-AB1E-3C5D2A9B7E01""#, "The JWT 'user_id' claim must be a UUID"),
            ("sid", nil, "The JWT 'sid' claim must be a UUID"),
            ("sid", #""c9f0f895fb984b9199d14e3b2a7c6d550000""#, "The JWT 'sid' claim must be a UUID"),
            ("sub", #""c9f0f895-fb98-4b91-99d1-4e3b2a7c6d55""#, "The JWT 'sub' claim must be the 'user_id'"),
            ("sub", "1", "The JWT 'sub' claim must be the 'user_id'"),
        ] as [(String, String?, String)])
    func `claims that are missing or of another type are refused with the reason`(
        name: String, value: String?, message: String
    ) {
        let failure = refusal { () throws(Failure) in try claims(Self.payload([name: value])) }
        #expect(failure?.kind == .tokenClaims)
        #expect(failure?.message == message)
    }

    @Test(arguments: ["[]", "", "{", "null", #"{"exp":1,"exp":2}"#])
    func `a payload that is not an object is refused`(payload: String) {
        let failure = refusal { () throws(Failure) in try claims(payload) }
        #expect(failure?.kind == .tokenUndecodable)
        #expect(failure?.message == "The JWT payload cannot be decoded")
    }

    @Test(
        arguments: [
            ("exp", -30, nil), ("exp", -31, "JWT expired"), ("exp", -9_000_000_000_000, "JWT expired"),
            ("nbf", 30, nil), ("nbf", 31, "JWT not yet valid"), ("iat", 30, nil), ("iat", 31, "JWT issued at future"),
        ] as [(String, Int64, String?)])
    func `clocks may differ by 30 seconds, but not by 31`(name: String, difference: Int64, message: String?) {
        let claim = "\(Self.now.seconds + difference)"
        let failure = refusal { () throws(Failure) in try claims(Self.payload([name: claim])) }
        #expect(failure?.message == message)
    }

    @Test func `the largest and smallest times do not overflow`() throws {
        #expect(try claims(Self.payload(["exp": "9000000000000000"])).expires.seconds == 9_000_000_000_000_000)
        let failure = refusal { () throws(Failure) in try claims(Self.payload(["exp": "-9000000000000000"])) }
        #expect(failure?.message == "JWT expired")
    }

    @Test func `no text makes the reader crash`() {
        var random = RepeatableGenerator(seed: 6)
        for _ in 0..<1000 {
            let text = "\(random.text(length: 8)).\(random.text(length: 8)).\(random.text(length: 8))"
            #expect(refusal { () throws(Failure) in try AccessToken(text) } != nil)
            let payload = String(decoding: random.bytes(length: 20), as: UTF8.self)
            #expect(refusal { () throws(Failure) in try claims(payload) } != nil)
        }
    }

    @Test(arguments: [
        (user, true), ("00000000-0000-0000-0000-000000000000", true), ("", false), (user.uppercased(), false),
        (String(user.dropLast()), false), (user + "0", false), ("{\(user)}", false),
        (user.replacing("-", with: ""), false), (user.replacing("8f", with: "8g"), false),
        ("8f14e45fcceea-467f-ab1e-3c5d2a9b7e01", false),
    ])
    func `only the canonical lower-case form is a UUID`(text: String, isOne: Bool) {
        #expect(isUUID(text) == isOne)
    }
}
