import CofferCore
import Postgres
import Testing

@testable import CofferService

struct ArgumentsTests {
    private func request(_ method: String, _ target: String, _ body: String = "") throws -> Request {
        try Request(FakeExchange(method, target, body: Array(body.utf8)), id: "test", basePath: "")
    }

    @Test func `arguments are in the function's order, and optional ones may be absent or null`() throws {
        let body = #"{"p_role":"editor","p_password":"b","p_email":"a"}"#
        #expect(
            try request("POST", "/rpc/create_user", body).arguments() == [
                .text("a"), .text("b"), .text("editor"), .null,
            ])
        let quota = #"{"p_role":"editor","p_password":"b","p_email":"a","p_quota_bytes":9007199254740993}"#
        #expect(try request("POST", "/rpc/create_user", quota).arguments()[3] == .integer(9_007_199_254_740_993))
        #expect(try request("POST", "/rpc/list_folder", #"{"p_folder":null}"#).arguments() == [.null, .null, .null])
        #expect(try request("POST", "/rpc/list_folder").arguments() == [.null, .null, .null])
    }

    @Test func `a GET has its arguments in the query`() throws {
        let request = try request("GET", "/rpc/list_folder?p_folder=a%2Fb+c&limit=7")
        #expect(try request.arguments() == [.text("a/b c"), .integer(7), .null])
    }

    @Test(arguments: [
        ("p_other=1", "The argument 'p_other' is unknown"),
        ("limit=x", "The argument 'p_limit' must be a whole number"),
        ("p_folder=a&p_folder=b", "The argument 'p_folder' is given twice"),
        ("limit=1&p_limit=1", "The argument 'p_limit' is given twice"),
        ("p_folder=%00", "The argument 'p_folder' must not contain U+0000"),
    ])
    func `an unsuitable argument in the query is refused`(query: String, message: String) throws {
        let request = try request("GET", "/rpc/list_folder?\(query)")
        let failure = refusal { try request.arguments() }
        #expect(failure?.kind == .invalidArgument)
        #expect(failure?.message == message)
    }

    @Test(arguments: [
        ("/rpc/delete_user", #"{"p_user_id":"1"}"#, "The argument 'p_user_id' must be given as a UUID"),
        ("/rpc/delete_user", "{}", "The argument 'p_user_id' must be given as a UUID"),
        (
            "/rpc/create_user", #"{"p_email":"a","p_password":"b","p_role":"editor","p_quota_bytes":1.5}"#,
            "The argument 'p_quota_bytes' must be a whole number"
        ),
        (
            "/rpc/create_user",
            #"{"p_email":"a","p_password":"b","p_role":"editor","p_quota_bytes":9223372036854775808}"#,
            "The argument 'p_quota_bytes' must be a whole number"
        ),
        ("/rpc/move_folder", #"{"p_from":"a","p_to":["b"]}"#, "The argument 'p_to' must be given as a string"),
    ])
    func `an argument of the wrong kind is refused`(path: String, body: String, message: String) throws {
        let request = try request("POST", path, body)
        let failure = refusal { try request.arguments() }
        #expect(failure?.kind == .invalidArgument)
        #expect(failure?.message == message)
    }
}
