import CofferCore
import Testing

@testable import CofferService

struct SessionCookieTests {
    private static let secure = ["HTTPS": "on"]

    @Test(
        arguments: [
            ("__Host-coffer=T", "T"), ("a=b; __Host-coffer=T; c=d", "T"), ("__Host-coffer=T;a=b", "T"),
            ("__Host-coffer=T; __Host-coffer=U", "T"), ("__Host-coffer=a=b", "a=b"), ("coffer=T", nil), ("a=b", nil),
            ("__Host-coffer", nil), ("__Host-coffer=", nil), ("__host-coffer=T", nil), ("x__Host-coffer=T", nil),
        ] as [(String, String?)])
    func `over TLS the token is in the cookie of this host`(cookie: String, token: String?) throws {
        #expect(try SessionCookie.token(Request(["Cookie": cookie], Self.secure)) == token)
    }

    @Test(
        arguments: [
            ("localhost", "127.0.0.1", true), ("localhost:8080", "127.0.0.1", true),
            ("127.0.0.1:8080", "127.0.0.1", true),
            ("127.1.2.3", "127.0.0.1", true), ("[::1]:8080", "::1", true), ("[::1]", "127.0.0.1", true),
            ("localhost", nil, true), ("localhost", "192.0.2.1", false), ("coffer.example", "127.0.0.1", false),
            ("localhost.example", "127.0.0.1", false), ("127.0.0.1.example", "127.0.0.1", false),
            ("", "127.0.0.1", false),
            ("coffer.example", nil, false), ("[::2]", "::1", false), ("192.0.2.1", "192.0.2.1", false),
        ] as [(String, String?, Bool)])
    func `without TLS there is a cookie only between loopback addresses`(
        host: String, address: String?, isFit: Bool
    ) throws {
        var parameters: [String: String] = [:]
        if let address { parameters["REMOTE_ADDR"] = address }
        let request = try Request(["Cookie": "coffer=T", "Host": host], parameters)
        #expect(try SessionCookie.token(request) == (isFit ? "T" : nil))
        #expect((refusal { try SessionCookie.requireFit(request) } == nil) == isFit)
    }

    @Test func `a host name that looks like an address is not a loopback address`() throws {
        let request = try Request(["Cookie": "coffer=T", "Host": "127.a.b.example"], ["REMOTE_ADDR": "127.0.0.1"])
        let token = try SessionCookie.token(request)
        #expect(token == nil)
    }

    @Test func `the cookie of one kind of connection is not accepted on the other`() throws {
        let loopback = ["REMOTE_ADDR": "127.0.0.1"]
        #expect(try SessionCookie.token(Request(["Cookie": "__Host-coffer=T", "Host": "localhost"], loopback)) == nil)
        let both = loopback.merging(Self.secure) { $1 }
        #expect(try SessionCookie.token(Request(["Cookie": "coffer=T", "Host": "localhost"], both)) == nil)
    }

    @Test func `the cookie is limited to this host and site, and hidden from scripts`() throws {
        let field = try SessionCookie.field(Request([:], Self.secure), token: "T", seconds: 60)
        #expect(field.name == "Set-Cookie")
        #expect(field.value == "__Host-coffer=T; Path=/; Max-Age=60; Secure; HttpOnly; SameSite=Strict")
        let loopback = try Request(["Host": "localhost"], ["REMOTE_ADDR": "127.0.0.1"])
        #expect(
            try SessionCookie.field(loopback, token: "T", seconds: 60).value
                == "coffer=T; Path=/; Max-Age=60; HttpOnly; SameSite=Strict")
    }

    @Test func `a cookie without a token ends the session in the browser`() throws {
        let field = try SessionCookie.field(Request([:], Self.secure), token: nil, seconds: 60)
        #expect(field.value == "__Host-coffer=; Path=/; Max-Age=0; Secure; HttpOnly; SameSite=Strict")
    }

    @Test func `a login for a cookie is refused first if the connection is not fit for one`() throws {
        let service = try Service(withoutDatabase: nil)
        let answer = try service.answer("POST", "/rpc/login", ["Prefer": "session=cookie", "Host": "coffer.example"])
        #expect(answer.status == 400)
        #expect(answer.code == "KF014")
    }
}

struct SameOriginTests {
    private func isAllowed(_ fields: [String: String], secure: Bool = true) throws -> Bool {
        let fields = ["Host": "coffer.example"].merging(fields) { $1 }
        let request = try Request(fields, secure ? ["HTTPS": "on"] : [:])
        let failure = refusal { try SameOrigin.require(request) }
        #expect(failure == nil || failure?.kind == .crossSite)
        return failure == nil
    }

    @Test(arguments: [
        ("same-origin", true), ("same-site", false), ("cross-site", false), ("none", false), ("Same-Origin", false),
        ("unheard-of", false),
    ])
    func `Sec-Fetch-Site decides, whatever Origin says`(site: String, allowed: Bool) throws {
        #expect(try isAllowed(["Sec-Fetch-Site": site]) == allowed)
        #expect(try isAllowed(["Sec-Fetch-Site": site, "Origin": "https://coffer.example"]) == allowed)
        #expect(try isAllowed(["Sec-Fetch-Site": site, "Origin": "https://evil.example"]) == allowed)
    }

    @Test(arguments: [
        ("https://coffer.example", true), ("http://coffer.example", false), ("https://coffer.example:8443", false),
        ("https://evil.example", false), ("https://coffer.example.evil.example", false), ("null", false), ("", false),
        ("https://coffer.example/", false),
    ])
    func `without Sec-Fetch-Site, Origin must be this scheme and host`(origin: String, allowed: Bool) throws {
        #expect(try isAllowed(["Origin": origin]) == allowed)
    }

    @Test func `without both fields a change is refused`() throws {
        #expect(try !isAllowed([:]))
    }

    @Test func `over plain HTTP the origin has that scheme too`() throws {
        #expect(try isAllowed(["Origin": "http://coffer.example"], secure: false))
        #expect(try !isAllowed(["Origin": "https://coffer.example"], secure: false))
    }

    @Test(arguments: [("POST", "/rpc/logout"), ("POST", "/rpc/store_file"), ("DELETE", "/files?id=eq.1")])
    func `a change by cookie from another origin is 403 before the database is asked`(method: String, target: String)
        throws
    {
        let fields = ["Cookie": "__Host-coffer=T", "Sec-Fetch-Site": "cross-site", "Host": "coffer.example"]
        let service = try Service(withoutDatabase: nil)
        let answer = try service.answer(method, target, fields, parameters: ["HTTPS": "on"])
        #expect(answer.status == 403)
        #expect(answer.code == "KF012")
        // The header wins over the cookie, and needs no origin.
        let bearer = try service.answer(
            method, target, fields.merging(["Authorization": "Bearer x"]) { $1 }, parameters: ["HTTPS": "on"])
        #expect(bearer.status == 401)
    }

    @Test func `a page of another site cannot log its visitor in`() throws {
        let answer = try Service(withoutDatabase: nil).answer(
            "POST", "/rpc/login",
            ["Prefer": "session=cookie", "Origin": "https://evil.example", "Host": "coffer.example"],
            body: Array(#"{"email":"a@b","password":"c"}"#.utf8), parameters: ["HTTPS": "on"])
        #expect(answer.status == 403)
    }
}
