internal import CofferCore
import Testing

@testable import CofferOpenAPI

struct RouteFailuresTests {
    @Test(arguments: Route.allCases)
    func `the description requires a token where the route does, and lists the errors`(route: Route) throws {
        let document = try JSON(Array(OpenAPI.document(basePath: "", version: "0").utf8))
        for method in route.methods {
            let access = route.access(method)
            let operation = try #require(document["paths"]?[route.path]?[method.rawValue.lowercased()])
            #expect((operation["security"] == .array([])) == (access == .public))
            let needsSession = access == .session || access == .admin
            #expect((operation["responses"]?["401"] != nil) == needsSession)
            let kinds = route.failures(of: method)
            #expect(kinds.contains(.sessionEnded) == needsSession)
            #expect(kinds.contains(.unknownTable) == (access == .monitoring))
            if access == .admin { #expect(kinds.contains(.forbidden) && operation["responses"]?["403"] != nil) }
            if needsSession { #expect(kinds.contains(.crossSite) == !method.isSafe) }
        }
    }
}
