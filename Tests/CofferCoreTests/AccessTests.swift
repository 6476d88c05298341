import Testing

@testable import CofferCore

struct AccessTests {
    @Test func `each route has the access of this table`() {
        let table = Route.allCases.map { "\($0.path) \($0.access($0.methods[1]))" }.joined(separator: "\n")
        #expect(
            table == """
                /rpc/login public
                /rpc/logout session
                /rpc/change_password session
                /rpc/whoami session
                /sessions session
                /rpc/store_file session
                /rpc/retrieve_file session
                /rpc/list_folder session
                /rpc/create_folder session
                /rpc/move_folder session
                /rpc/delete_folder session
                /rpc/download_folder session
                /rpc/copy session
                /files session
                /trash session
                /rpc/restore session
                /rpc/restore_folder session
                /users session
                /rpc/create_user admin
                /rpc/reset_password admin
                /rpc/delete_user admin
                /audit_log session
                /uploads session
                /uploads/{id} session
                / public
                /openapi.json public
                /health/live public
                /health/ready public
                /metrics monitoring
                """)
    }

    @Test(arguments: Route.allCases)
    func `OPTIONS is public unless the route is hidden, and the other methods have the same access`(route: Route) {
        #expect(route.access(.options) == (route.isHidden ? .monitoring : .public))
        #expect(Set(route.methods.dropFirst().map { route.access($0) }).count == 1)
    }
}
