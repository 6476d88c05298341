import CofferCore
import Testing

@testable import CofferService

/// Authentication comes before every endpoint that is not public.
struct EndpointTests {
    /// A method of a route.
    struct Call: CustomTestStringConvertible {
        let route: Route
        let method: CofferCore.Method
        var access: Access { route.access(method) }
        var testDescription: String { "\(method.rawValue) \(route.path)" }

        /// A request whose body must not be read.
        func exchange(_ fields: [String: String] = [:], parameters: [String: String] = [:]) -> FakeExchange {
            let exchange = FakeExchange(method.rawValue, route.path, fields, parameters: parameters)
            exchange.onRead = { Issue.record("the body was read") }
            return exchange
        }
    }

    private static let calls = Route.allCases.filter { !$0.isHidden }.flatMap { route in
        route.methods.map { Call(route: route, method: $0) }
    }
    private static let guarded = calls.filter { $0.access != .public }

    @Test(arguments: calls)
    func `an endpoint gets a caller if, and only if, its route requires a session`(call: Call) throws {
        let request = try Request(call.exchange(), id: "test", basePath: "")
        let endpoint = try Service(withoutDatabase: nil).endpoint(of: request)
        let takesCaller = if case .session = endpoint { true } else { false }
        #expect(takesCaller == (call.access != .public))
    }

    @Test(arguments: guarded)
    func `without a token it is 401 before the endpoint has read anything`(call: Call) throws {
        // What each endpoint would refuse first.
        let fields = ["Accept": "image/png", "Prefer": "handling=strict, x=y", "Content-Type": "multipart/form-data"]
        let answer = try Service(withoutDatabase: nil).answer(call.exchange(fields))
        #expect(answer.status == 401)
        #expect(answer["WWW-Authenticate"] == "Bearer")
        if call.method != .head { #expect(answer.code == "PGRST302") }
    }

    @Test(arguments: guarded)
    func `with a foreign token it is 401 as well, in the header and in the cookie`(call: Call) throws {
        let service = try Service(withoutDatabase: nil)
        let own = ["Sec-Fetch-Site": "same-origin", "Accept": "image/png"]
        for fields in [["Authorization": "Bearer a.b.c"], ["Cookie": "__Host-coffer=a.b.c"]] {
            let exchange = call.exchange(own.merging(fields) { $1 }, parameters: ["HTTPS": "on"])
            #expect(try service.answer(exchange).status == 401)
        }
    }

    @Test(arguments: Route.allCases.filter(\.isHidden), ["GET", "HEAD", "POST", "OPTIONS", "BREW"])
    func `a hidden route is like a path that is no route`(route: Route, method: String) throws {
        let service = try Service(withoutDatabase: nil)
        let hidden = try service.answer(method, route.path, parameters: ["COFFER_REQUEST_ID": "1"])
        let unknown = try service.answer(method, route.path + "x", parameters: ["COFFER_REQUEST_ID": "1"])
        #expect(hidden.status == 404)
        #expect(hidden.text == unknown.text.replacing("\(route.path.dropFirst())x", with: route.path.dropFirst()))
        let others = [hidden, unknown].map { $0.fields.filter { $0.name != "Content-Length" }.map { "\($0)" } }
        #expect(others[0] == others[1])
    }

    @Test(arguments: calls.filter { $0.access == .public })
    func `a public endpoint does not look at a token`(call: Call) throws {
        let answer = try Service(withoutDatabase: nil).answer(
            call.method.rawValue, call.route.path, ["Authorization": "Bearer a.b.c"])
        #expect(![401, 403].contains(answer.status))
    }

    @Test func `an admin's endpoint reports to an editor that the session has ended`() throws {
        let editor = try TestUser(TestInstallation())
        #expect(try editor.installation.service.answer("POST", "/rpc/logout", editor.bearer).status == 204)
        for call in Self.guarded where call.access == .admin {
            let answer = try editor.installation.service.answer(
                call.method.rawValue, call.route.path, editor.bearer)
            #expect(answer.code == "KF011")
        }
    }
}
