import CofferCore
import Testing

@testable import CofferService

struct RequestTests {
    private func service(_ options: [String: String] = [:]) throws -> Service {
        try Service(withoutDatabase: nil, options: options)
    }

    @Test(arguments: ["4f2a", "A-1", String(repeating: "f", count: 64)])
    func `the web server's request id is in the response`(id: String) throws {
        let answer = try service().answer("GET", "/health/live", parameters: ["COFFER_REQUEST_ID": id])
        #expect(answer["X-Request-Id"] == id)
    }

    @Test(
        arguments: [
            nil, "", "a b", "a\r\nSet-Cookie: x=y", "a_b", "é", "a\u{0}", String(repeating: "f", count: 65),
        ] as [String?])
    func `an id that is absent or unfit for a header is replaced by a new one`(id: String?) throws {
        let service = try service()
        let parameters = id.map { ["COFFER_REQUEST_ID": $0] } ?? [:]
        let first = try #require(try service.answer("GET", "/nothing", parameters: parameters)["X-Request-Id"])
        let second = try #require(try service.answer("GET", "/nothing", parameters: parameters)["X-Request-Id"])
        #expect(first.utf8.count == 32 && first.allSatisfy(\.isHexDigit))
        #expect(first != second)
    }

    @Test func `an id that is not UTF-8 is replaced by a new one`() throws {
        let answer = try service().answer("GET", "/health/live", malformed: ["COFFER_REQUEST_ID"])
        #expect(answer.status == 200)
        #expect(answer["X-Request-Id"]?.utf8.count == 32)
    }

    @Test(arguments: [
        ("/coffer/health/live", 200), ("/health/live", 404), ("/coffer", 404), ("/coffer/", 200),
        ("/cofferhealth/live", 404), ("/coffer/coffer/health/live", 404), ("/Coffer/health/live", 404),
        ("/coffer//health/live", 404), ("/coffer/health/live?a=/b", 200), ("/coffer%2Fhealth/live", 404),
    ])
    func `every route is below the base path`(target: String, status: Int) throws {
        let configured = try service(["COFFER_BASE_PATH": "/coffer"])
        #expect(try configured.answer("GET", target).status == status)
        let sent = try service().answer("GET", target, parameters: ["COFFER_BASE_PATH": "/coffer"])
        #expect(sent.status == status)
    }

    @Test func `without REQUEST_URI the path is SCRIPT_NAME and PATH_INFO`() throws {
        let answer = try service().answer(
            "GET", "", parameters: ["SCRIPT_NAME": "/health", "PATH_INFO": "/live"])
        #expect(answer.status == 200)
    }

    @Test(arguments: ["abc", "-1", "1.5", "99999999999999999999999"])
    func `a Content-Length that is not a number is 400`(length: String) throws {
        let answer = try service().answer("POST", "/rpc/login", ["Content-Length": length])
        #expect(answer.status == 400)
        #expect(answer.code == "KF024")
    }

    @Test(arguments: [("0", 0), ("12", 12), ("9223372036854775807", Int64.max), ("", nil)] as [(String, Int64?)])
    func `an announced length is a number of bytes`(text: String, length: Int64?) throws {
        #expect(try Request(["Content-Length": text]).announcedLength() == length)
    }

    @Test(arguments: ["+1", "-1", "0x1", "1 ", "１", "9223372036854775808"])
    func `an announced length of anything but digits is refused`(text: String) throws {
        let request = try Request(["Content-Length": text])
        #expect(refusal { try request.announcedLength() }?.kind == .malformedRequest)
    }

    @Test func `a body that ends early is 400`() throws {
        let answer = try service().answer("POST", "/rpc/login", ["Content-Length": "100"], body: Array("{}".utf8))
        #expect(answer.status == 400)
        #expect(answer.code == "KF009")
        #expect(answer.json?["details"]?.string == "2 bytes were received, 100 were announced")
    }
}
