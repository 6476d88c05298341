import CofferCore
import Testing

@testable import CofferService

struct ServiceTests {
    let service: Service

    init() throws { service = try Service(withoutDatabase: nil) }

    @Test(arguments: [
        ("/nothing", "PGRST205", "Could not find the table 'api.nothing' in the schema cache"),
        ("/rpc/sign_token", "PGRST202", "Could not find the function api.sign_token in the schema cache"),
        ("/files/1?x", "PGRST125", "Invalid path specified in request URL"),
    ])
    func `an unknown path is 404 with the members of an error`(target: String, code: String, message: String) throws {
        let answer = try service.answer("GET", target)
        #expect(answer.status == 404)
        #expect(answer["Content-Type"] == "application/json; charset=utf-8")
        #expect(answer["Content-Length"] == "\(answer.body.count)")
        #expect(answer.text == #"{"code":"\#(code)","details":null,"hint":null,"message":"\#(message)"}"#)
    }

    @Test(arguments: [
        ("POST", "/files", "PGRST117", "OPTIONS,GET,HEAD,PATCH,DELETE"),
        ("PATCH", "/rpc/login", "PGRST101", "OPTIONS,POST"),
        ("BREW", "/health/live", "PGRST117", "OPTIONS,GET,HEAD"),
        ("", "/files", "PGRST117", "OPTIONS,GET,HEAD,PATCH,DELETE"),
    ])
    func `an unsuitable method is 405 with the allowed ones`(
        method: String, target: String, code: String, allow: String
    ) throws {
        let answer = try service.answer(method, target)
        #expect(answer.status == 405)
        #expect(answer.code == code)
        #expect(answer["Allow"] == allow)
    }

    @Test(arguments: Route.allCases.filter { !$0.isHidden })
    func `OPTIONS lists a route's methods without a token and a database`(route: Route) throws {
        let answer = try service.answer("OPTIONS", route.path)
        #expect(answer.status == 200)
        #expect(answer["Allow"] == route.allow)
        #expect(answer["Content-Length"] == "0")
        #expect(answer.body.isEmpty)
    }

    @Test(arguments: ["/health/live", "/health/ready", "/nothing", "/files", "/rpc/login"])
    func `HEAD has the head of GET and no body`(target: String) throws {
        let parameters = ["COFFER_REQUEST_ID": "1"]
        let get = try service.answer("GET", target, parameters: parameters)
        let head = try service.answer("HEAD", target, parameters: parameters)
        #expect(head.body.isEmpty && !get.body.isEmpty)
        if target != "/rpc/login" {
            #expect(head.fields.map { "\($0)" } == get.fields.map { "\($0)" })
        }
    }

    @Test(arguments: [
        ("/rpc/login", "application/json"), ("/rpc/login", nil), ("/rpc/login", "application/json; charset=utf-8"),
    ])
    func `while the database is unavailable a login is 503 with Retry-After`(target: String, type: String?) throws {
        let fields = type.map { ["Content-Type": $0] } ?? [:]
        let answer = try service.answer(
            "POST", target, fields, body: Array(#"{"email":"a@b","password":"c"}"#.utf8))
        #expect(answer.status == 503)
        #expect(answer.code == "PGRST000")
        #expect(answer["Retry-After"] == "5")
        #expect(!answer.text.contains("nonexistent"))
    }

    @Test(arguments: [
        ("", "PGRST102"), ("[]", "PGRST102"), ("{", "PGRST102"), (#""a""#, "PGRST102"), ("{}", "KF014"),
        (#"{"email":"a"}"#, "KF014"), (#"{"email":"a","password":1}"#, "KF014"),
        (#"{"email":"a","password":null}"#, "KF014"), (#"{"email":"a","password":"b","role":"admin"}"#, "KF014"),
        (#"{"email":"a","password":"b\u0000"}"#, "KF014"), (#"{"email":"a","email":"b","password":""}"#, "PGRST102"),
    ])
    func `invalid arguments are 400`(body: String, code: String) throws {
        let answer = try service.answer("POST", "/rpc/login", body: Array(body.utf8))
        #expect(answer.status == 400)
        #expect(answer.code == code)
    }

    @Test func `arguments may have 64 KiB, and must be JSON`() throws {
        let body = Array((#"{"email":"a","password":""# + String(repeating: "x", count: 70_000) + #""}"#).utf8)
        let long = try service.answer("POST", "/rpc/login", body: body)
        #expect(long.status == 413)
        #expect(long.code == "KF005")
        let form = try service.answer(
            "POST", "/rpc/login", ["Content-Type": "application/x-www-form-urlencoded"], body: Array("email=a".utf8))
        #expect(form.status == 400)
        #expect(form.message == "Content-Type not acceptable: application/x-www-form-urlencoded")
    }

    @Test func `an Accept without an available type is 406`() throws {
        let answer = try service.answer("POST", "/rpc/login", ["Accept": "text/html"])
        #expect(answer.status == 406)
        #expect(answer.message == "None of these media types are available: text/html")
    }

    @Test func `strict handling refuses unknown preferences`() throws {
        let answer = try service.answer("POST", "/rpc/login", ["Prefer": "handling=strict, foo"])
        #expect(answer.status == 400)
        #expect(answer.json?["details"]?.string == "Invalid preferences: foo")
    }

    @Test(arguments: ["REQUEST_METHOD", "REQUEST_URI", "QUERY_STRING", "COFFER_BASE_PATH", "HTTP_AUTHORIZATION"])
    func `a parameter that is not UTF-8 is 400, and the response names it`(name: String) throws {
        let answer = try service.answer("GET", "/files", malformed: [name])
        #expect(answer.status == 400)
        #expect(answer.code == "KF024")
        #expect(answer.json?["details"]?.string?.hasPrefix("\(name) is malformed") == true)
    }

    @Test func `the next client is served after one has gone`() throws {
        let exchange = FakeExchange("GET", "/health/live")
        exchange.clientIsGone = true
        service.handle(exchange)
        #expect(exchange.sent.isEmpty)
        #expect(try service.answer("GET", "/health/live").status == 200)
    }
}
