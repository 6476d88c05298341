import Testing

@testable import CofferCore

struct RouteTests {
    @Test func `the routes and their methods are these`() {
        let table = Route.allCases.map { "\($0.path) \($0.allow)" }.joined(separator: "\n")
        #expect(
            table == """
                /rpc/login OPTIONS,POST
                /rpc/logout OPTIONS,POST
                /rpc/change_password OPTIONS,POST
                /rpc/whoami OPTIONS,GET,HEAD,POST
                /sessions OPTIONS,GET,HEAD,DELETE
                /rpc/store_file OPTIONS,POST
                /rpc/retrieve_file OPTIONS,GET,HEAD
                /rpc/list_folder OPTIONS,GET,HEAD,POST
                /rpc/create_folder OPTIONS,POST
                /rpc/move_folder OPTIONS,POST
                /rpc/delete_folder OPTIONS,POST
                /rpc/download_folder OPTIONS,GET,HEAD
                /rpc/copy OPTIONS,POST
                /files OPTIONS,GET,HEAD,PATCH,DELETE
                /trash OPTIONS,GET,HEAD,DELETE
                /rpc/restore OPTIONS,POST
                /rpc/restore_folder OPTIONS,POST
                /users OPTIONS,GET,HEAD,PATCH
                /rpc/create_user OPTIONS,POST
                /rpc/reset_password OPTIONS,POST
                /rpc/delete_user OPTIONS,POST
                /audit_log OPTIONS,GET,HEAD
                /uploads OPTIONS,POST
                /uploads/{id} OPTIONS,HEAD,PATCH,DELETE
                / OPTIONS,GET,HEAD
                /openapi.json OPTIONS,GET,HEAD
                /health/live OPTIONS,GET,HEAD
                /health/ready OPTIONS,GET,HEAD
                /metrics OPTIONS,GET,HEAD
                """)
    }

    @Test(arguments: Route.allCases)
    func `every route is found by its path, and every method by its name`(route: Route) throws {
        let found = try Route.find(route == .upload ? route.path("x") : route.path)
        #expect(found.route == route)
        #expect(found.parameter == (route == .upload ? "x" : nil))
        for method in route.methods { #expect(try route.method(method.rawValue) == method) }
    }

    @Test(arguments: [
        ("/rpc/nothing", "PGRST202", "Could not find the function api.nothing in the schema cache"),
        ("/rpc/sign_token", "PGRST202", "Could not find the function api.sign_token in the schema cache"),
        ("/rpc/", "PGRST202", "Could not find the function api. in the schema cache"),
        ("/rpc/Login", "PGRST202", "Could not find the function api.Login in the schema cache"),
        ("/rpc/log%69n", "PGRST202", "Could not find the function api.log%69n in the schema cache"),
        ("/nothing", "PGRST205", "Could not find the table 'api.nothing' in the schema cache"),
        ("/Files", "PGRST205", "Could not find the table 'api.Files' in the schema cache"),
        ("/rpc", "PGRST205", "Could not find the table 'api.rpc' in the schema cache"),
        ("", "PGRST125", "Invalid path specified in request URL"),
        ("/files/", "PGRST125", "Invalid path specified in request URL"),
        ("//files", "PGRST125", "Invalid path specified in request URL"),
        ("/files/1", "PGRST125", "Invalid path specified in request URL"),
        ("/uploads/1/2", "PGRST125", "Invalid path specified in request URL"),
        ("/rpc/login/", "PGRST125", "Invalid path specified in request URL"),
        ("/./files", "PGRST125", "Invalid path specified in request URL"),
        ("/x/../files", "PGRST125", "Invalid path specified in request URL"),
    ])
    func `another path is 404 in PostgREST's words`(path: String, code: String, message: String) {
        let failure = refusal { () throws(Failure) in _ = try Route.find(path) }
        #expect(failure?.kind.rawValue == code)
        #expect(failure?.kind.status == 404)
        #expect(failure?.message == message)
    }

    @Test(arguments: [
        (Route.files, "POST", "PGRST117", "Unsupported HTTP method: POST", "OPTIONS,GET,HEAD,PATCH,DELETE"),
        (.files, "PUT", "PGRST117", "Unsupported HTTP method: PUT", "OPTIONS,GET,HEAD,PATCH,DELETE"),
        (.files, "BREW", "PGRST117", "Unsupported HTTP method: BREW", "OPTIONS,GET,HEAD,PATCH,DELETE"),
        (.files, "get", "PGRST117", "Unsupported HTTP method: get", "OPTIONS,GET,HEAD,PATCH,DELETE"),
        (.files, "", "PGRST117", "Unsupported HTTP method: ", "OPTIONS,GET,HEAD,PATCH,DELETE"),
        (.live, "POST", "PGRST117", "Unsupported HTTP method: POST", "OPTIONS,GET,HEAD"),
        (.login, "GET", "PGRST101", "Cannot use the GET method on RPC", "OPTIONS,POST"),
        (.retrieveFile, "DELETE", "PGRST101", "Cannot use the DELETE method on RPC", "OPTIONS,GET,HEAD"),
    ])
    func `another method is 405 in PostgREST's words, with what is allowed`(
        route: Route, method: String, code: String, message: String, allow: String
    ) {
        let failure = refusal { () throws(Failure) in try route.method(method) }
        #expect(failure?.kind.rawValue == code)
        #expect(failure?.kind.status == 405)
        #expect(failure?.message == message)
        #expect(failure?.fields == [HeaderField("Allow", allow)])
    }

    @Test(arguments: [
        (Method.get, true), (.head, true), (.options, true), (.post, false), (.put, false), (.patch, false),
        (.delete, false),
    ])
    func `safe methods are those that change nothing`(method: CofferCore.Method, isSafe: Bool) {
        #expect(method.isSafe == isSafe)
    }
}
