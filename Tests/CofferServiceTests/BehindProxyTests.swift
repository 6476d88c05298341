import CofferCore
import Testing

@testable import CofferService

/// Requests that came through a proxy.
struct BehindProxyTests {
    private func isAllowed(origin: String, host: String, secure: Bool) throws -> Bool {
        let request = try Request(["Origin": origin, "Host": host], secure ? ["HTTPS": "on"] : [:])
        return refusal { try SameOrigin.require(request) } == nil
    }

    @Test(arguments: [
        ("https://coffer.example", "coffer.example:443"), ("https://coffer.example:443", "coffer.example"),
        ("https://coffer.example", "Coffer.Example"), ("https://coffer.example:8443", "coffer.example:8443"),
        ("https://[2001:db8::1]", "[2001:DB8::1]:443"), ("https://[2001:db8::443]", "[2001:db8::443]"),
    ])
    func `the default port and upper case leave an origin the same`(origin: String, host: String) throws {
        #expect(try isAllowed(origin: origin, host: host, secure: true))
        let plain = { (text: String) in
            text.replacing("https://", with: "http://").replacing(":443", with: ":80", maxReplacements: 1)
        }
        #expect(try isAllowed(origin: plain(origin), host: plain(host), secure: false))
    }

    @Test(arguments: [
        ("https://coffer.example", "coffer.example:80"), ("https://coffer.example:80", "coffer.example"),
        ("https://coffer.example", "coffer.example:8443"), ("https://evil.example:443", "coffer.example:443"),
        ("https://coffer.example", "coffer.example:443:443"), ("https://coffer.example", "127.0.0.1:8080"),
        ("http://coffer.example", "coffer.example:443"),
    ])
    func `another port, host or scheme is another origin`(origin: String, host: String) throws {
        #expect(try isAllowed(origin: origin, host: host, secure: true) == false)
    }

    private static let loopback = ["REMOTE_ADDR": "127.0.0.1"]

    @Test(arguments: [
        "Forwarded", "Via", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-IP",
    ])
    func `a request with a proxy's field gets no cookie without Secure`(field: String) throws {
        let request = try Request(["Host": "localhost", field: "x", "Cookie": "coffer=T"], Self.loopback)
        #expect(refusal { try SessionCookie.requireFit(request) }?.kind == .invalidArgument)
        #expect(try SessionCookie.token(request) == nil)
        let secure = try Request(["Host": "localhost", field: "x"], ["HTTPS": "on"])
        #expect(refusal { try SessionCookie.requireFit(secure) } == nil)
    }

    @Test(arguments: [("COFFER_PROXIED", "on"), ("SERVER_PROTOCOL", "HTTP/1.0")])
    func `a request that the web server calls proxied gets no cookie without Secure`(name: String, value: String) throws
    {
        let request = try Request(["Host": "127.0.0.1:8080"], Self.loopback.merging([name: value]) { $1 })
        #expect(refusal { try SessionCookie.requireFit(request) }?.kind == .invalidArgument)
    }

    @Test func `a page whose origin differs from the host gets no cookie without Secure`() throws {
        for (origin, isFit) in [("https://coffer.example", false), ("http://127.0.0.1:8080", true)] {
            let fields = ["Host": "127.0.0.1:8080", "Origin": origin, "Sec-Fetch-Site": "same-origin"]
            let request = try Request(fields, Self.loopback)
            #expect((refusal { try SessionCookie.requireFit(request) } == nil) == isFit)
        }
    }
}
