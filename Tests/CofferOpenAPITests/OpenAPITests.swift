import Testing

internal import CofferCore
@testable import CofferOpenAPI

struct OpenAPITests {
    private static let text = OpenAPI.document(basePath: "/box", version: "1.2.3")
    private let document: JSON

    init() throws { document = try JSON(Array(Self.text.utf8)) }

    /// The operation of a method. nil if there is none.
    private func operation(_ route: Route, _ method: CofferCore.Method) -> JSON? {
        document["paths"]?[route.path]?[method.rawValue.lowercased()]
    }

    private func component(_ kind: String, _ name: String) -> JSON? { document["components"]?[kind]?[name] }

    /// All members with a name, at any depth.
    private func all(_ name: String, in json: JSON) -> [JSON] {
        switch json {
        case .array(let elements): elements.flatMap { all(name, in: $0) }
        case .object(let members): [members[name]].compactMap { $0 } + members.values.flatMap { all(name, in: $0) }
        default: []
        }
    }

    @Test func `the document has its version, the program's and the server`() {
        #expect(document["openapi"] == .string("3.1.0"))
        #expect(document["info"]?["version"] == .string("1.2.3"))
        #expect(document["servers"] == .array([.object(["url": .string("/box")])]))
    }

    @Test func `without a base path the server is the site itself`() throws {
        let document = try JSON(Array(OpenAPI.document(basePath: "", version: "1").utf8))
        #expect(document["servers"] == .array([.object(["url": .string("/")])]))
    }

    @Test func `the document has the same bytes every time, and at most 300 KiB`() {
        #expect(OpenAPI.document(basePath: "/box", version: "1.2.3") == Self.text)
        #expect(Self.text.utf8.count < 300 * 1024)
    }

    @Test func `every route with every method is there, and nothing else`() throws {
        guard case .object(let paths)? = document["paths"] else { throw Missing() }
        #expect(Set(paths.keys) == Set(Route.allCases.map(\.path)))
        for route in Route.allCases {
            guard case .object(let operations)? = paths[route.path] else { throw Missing() }
            #expect(Set(operations.keys) == Set(route.methods.map { $0.rawValue.lowercased() }))
        }
    }

    @Test func `operations have unique names, a summary, and a tag that is explained`() throws {
        let operations = Route.allCases.flatMap { route in route.methods.compactMap { operation(route, $0) } }
        let names = operations.compactMap { $0["operationId"]?.string }
        #expect(Set(names).count == operations.count)
        #expect(operations.allSatisfy { $0["summary"]?.string?.isEmpty == false })
        let tags = all("tags", in: document["paths"] ?? .null).compactMap { tags -> JSON? in
            if case .array(let names) = tags { names.first } else { nil }
        }
        guard case .array(let explained)? = document["tags"] else { throw Missing() }
        #expect(Set(tags.compactMap(\.string)) == Set(explained.compactMap { $0["name"]?.string }))
    }

    @Test(arguments: [
        (Relation.files(for: .admin), Route.files, "File"), (.users(for: .admin), .users, "User"),
        (.auditLog(for: .admin), .auditLog, "AuditEntry"),
    ])
    func `every column is a filter and a property, and is explained`(
        relation: Relation, route: Route, schema: String
    ) throws {
        guard case .object(let properties)? = component("schemas", schema)?["properties"] else { throw Missing() }
        #expect(Set(properties.keys) == Set(relation.columns.map(\.name)))
        for method in route.methods where method != .options {
            let filters = route.parameters(of: method).map(\.component)
            for column in relation.columns {
                #expect(filters.contains("\(relation.name).\(column.name)"))
                #expect(component("parameters", "\(relation.name).\(column.name)") != nil)
            }
        }
        for column in relation.columns + relation.writable { #expect(!relation.facts(column).text.isEmpty) }
    }

    @Test(arguments: [(Relation.files(for: .admin), "FileChanges"), (.users(for: .admin), "UserChanges")])
    func `a change has exactly the columns that can be set`(relation: Relation, schema: String) throws {
        guard case .object(let properties)? = component("schemas", schema)?["properties"] else { throw Missing() }
        #expect(Set(properties.keys) == Set(relation.writable.map(\.name)))
        #expect(component("schemas", schema)?["additionalProperties"] == .bool(false))
    }

    @Test func `every argument is a member of the call's body, and is explained`() throws {
        for route in Route.allCases where !route.arguments.isEmpty {
            let schema = operation(route, .post)?["requestBody"]?["content"]?[MediaType.json]?["schema"]
            guard case .object(let properties)? = schema?["properties"] else { throw Missing() }
            #expect(Set(properties.keys) == Set(route.arguments.map(\.name)))
            for argument in route.arguments { #expect(!route.facts(argument).text.isEmpty) }
        }
    }

    @Test func `every failure appears, with the registry's code and text`() {
        let codes = { (json: JSON) in
            Set(
                self.all("enum", in: .array(self.all("code", in: json))).flatMap { values -> [String] in
                    if case .array(let values) = values { values.compactMap(\.string) } else { [] }
                })
        }
        #expect(codes(document) == Set(Failure.Kind.allCases.map(\.rawValue)))
        for kind in Failure.Kind.allCases {
            let example = component("examples", kind.rawValue)
            #expect(example?["summary"]?.string == kind.text)
            #expect(example?["value"] == (try? JSON(Array(Failure(kind).body.utf8))))
        }
    }

    @Test func `every reference leads to something`() {
        for reference in all("$ref", in: document).compactMap(\.string) {
            let steps = reference.split(separator: "/").dropFirst()
            let target = steps.reduce(document as JSON?) { json, step in json?[String(step)] }
            #expect(target != nil, "\(reference)")
        }
    }

    @Test func `every component is used`() throws {
        let references = Set(all("$ref", in: document).compactMap(\.string))
        for kind in ["schemas", "parameters", "headers", "examples"] {
            guard case .object(let components)? = document["components"]?[kind] else { throw Missing() }
            for name in components.keys { #expect(references.contains("#/components/\(kind)/\(name)")) }
        }
    }

    @Test func `the answer of HEAD has no schema of a body`() {
        for route in Route.allCases where route.methods.contains(.head) {
            let responses = operation(route, .head)?["responses"] ?? .null
            #expect(all("content", in: responses).isEmpty)
        }
    }

    @Test func `the operations and their statuses are these`() throws {
        var lines: [String] = []
        for route in Route.allCases {
            for method in route.methods {
                guard case .object(let responses)? = operation(route, method)?["responses"] else { throw Missing() }
                lines.append("\(route.path) \(method.rawValue) \(responses.keys.sorted().joined(separator: " "))")
            }
        }
        #expect(lines.joined(separator: "\n") == Self.outline)
    }

    private struct Missing: Error {}

    private static let outline = """
        /rpc/login OPTIONS 200 400 413 414 431 500 503
        /rpc/login POST 200 204 400 403 406 413 414 429 431 500 503 507
        /rpc/logout OPTIONS 200 400 413 414 431 500 503
        /rpc/logout POST 204 400 401 403 413 414 431 500 503 507
        /rpc/change_password OPTIONS 200 400 413 414 431 500 503
        /rpc/change_password POST 204 400 401 403 413 414 429 431 500 503 507
        /rpc/whoami OPTIONS 200 400 413 414 431 500 503
        /rpc/whoami GET 200 400 401 406 413 414 431 500 503
        /rpc/whoami HEAD 200 400 401 406 413 414 431 500 503
        /rpc/whoami POST 200 400 401 403 406 413 414 431 500 503
        /sessions OPTIONS 200 400 413 414 431 500 503
        /sessions GET 200 206 400 401 406 413 414 416 429 431 500 503
        /sessions HEAD 200 206 400 401 406 413 414 416 429 431 500 503
        /sessions DELETE 200 204 400 401 403 406 413 414 429 431 500 503 507
        /rpc/store_file OPTIONS 200 400 413 414 431 500 503
        /rpc/store_file POST 200 400 401 403 409 411 412 413 414 415 431 500 503 507
        /rpc/retrieve_file OPTIONS 200 400 413 414 431 500 503
        /rpc/retrieve_file GET 200 206 304 400 401 412 413 414 416 431 500 503
        /rpc/retrieve_file HEAD 200 304 400 401 412 413 414 431 500 503
        /rpc/list_folder OPTIONS 200 400 413 414 431 500 503
        /rpc/list_folder GET 200 400 401 406 413 414 431 500 503
        /rpc/list_folder HEAD 200 400 401 406 413 414 431 500 503
        /rpc/list_folder POST 200 400 401 403 406 413 414 431 500 503
        /rpc/create_folder OPTIONS 200 400 413 414 431 500 503
        /rpc/create_folder POST 204 400 401 403 406 409 413 414 431 500 503 507
        /rpc/move_folder OPTIONS 200 400 413 414 431 500 503
        /rpc/move_folder POST 200 400 401 403 406 409 413 414 431 500 503 507
        /rpc/delete_folder OPTIONS 200 400 413 414 431 500 503
        /rpc/delete_folder POST 200 400 401 403 406 413 414 431 500 503 507
        /rpc/download_folder OPTIONS 200 400 413 414 431 500 503
        /rpc/download_folder GET 200 400 401 413 414 431 500 503 507
        /rpc/download_folder HEAD 200 400 401 413 414 431 500 503 507
        /rpc/copy OPTIONS 200 400 413 414 431 500 503
        /rpc/copy POST 200 400 401 403 406 409 413 414 431 500 503 507
        /files OPTIONS 200 400 413 414 431 500 503
        /files GET 200 206 400 401 406 413 414 416 429 431 500 503
        /files HEAD 200 206 400 401 406 413 414 416 429 431 500 503
        /files PATCH 200 204 400 401 403 406 409 413 414 429 431 500 503 507
        /files DELETE 200 204 400 401 403 406 413 414 429 431 500 503 507
        /trash OPTIONS 200 400 413 414 431 500 503
        /trash GET 200 206 400 401 406 413 414 416 429 431 500 503
        /trash HEAD 200 206 400 401 406 413 414 416 429 431 500 503
        /trash DELETE 200 204 400 401 403 406 413 414 429 431 500 503 507
        /rpc/restore OPTIONS 200 400 413 414 431 500 503
        /rpc/restore POST 200 400 401 403 406 409 413 414 431 500 503 507
        /rpc/restore_folder OPTIONS 200 400 413 414 431 500 503
        /rpc/restore_folder POST 200 400 401 403 406 409 413 414 431 500 503 507
        /users OPTIONS 200 400 413 414 431 500 503
        /users GET 200 206 400 401 406 413 414 416 429 431 500 503
        /users HEAD 200 206 400 401 406 413 414 416 429 431 500 503
        /users PATCH 200 204 400 401 403 406 409 413 414 429 431 500 503 507
        /rpc/create_user OPTIONS 200 400 413 414 431 500 503
        /rpc/create_user POST 200 400 401 403 406 409 413 414 431 500 503 507
        /rpc/reset_password OPTIONS 200 400 413 414 431 500 503
        /rpc/reset_password POST 204 400 401 403 406 413 414 431 500 503 507
        /rpc/delete_user OPTIONS 200 400 413 414 431 500 503
        /rpc/delete_user POST 204 400 401 403 406 409 413 414 431 500 503 507
        /audit_log OPTIONS 200 400 413 414 431 500 503
        /audit_log GET 200 206 400 401 406 413 414 416 429 431 500 503
        /audit_log HEAD 200 206 400 401 406 413 414 416 429 431 500 503
        /uploads OPTIONS 200 400 413 414 431 500 503
        /uploads POST 201 400 401 403 409 411 412 413 414 415 431 460 500 503 507
        /uploads/{id} OPTIONS 200 400 413 414 431 500 503
        /uploads/{id} HEAD 200 400 401 404 409 412 413 414 431 500 503 507
        /uploads/{id} PATCH 204 400 401 403 404 409 411 412 413 414 415 431 460 500 503 507
        /uploads/{id} DELETE 204 400 401 403 404 412 413 414 431 500 503 507
        / OPTIONS 200 400 413 414 431 500 503
        / GET 200 400 406 413 414 431 500 503
        / HEAD 200 400 406 413 414 431 500 503
        /openapi.json OPTIONS 200 400 413 414 431 500 503
        /openapi.json GET 200 400 406 413 414 431 500 503
        /openapi.json HEAD 200 400 406 413 414 431 500 503
        /health/live OPTIONS 200 400 413 414 431 500 503
        /health/live GET 200 400 413 414 431 500 503
        /health/live HEAD 200 400 413 414 431 500 503
        /health/ready OPTIONS 200 400 413 414 431 500 503
        /health/ready GET 200 400 413 414 431 500 503
        /health/ready HEAD 200 400 413 414 431 500 503
        /metrics OPTIONS 200 400 404 413 414 431 500 503
        /metrics GET 200 400 404 413 414 431 500 503
        /metrics HEAD 200 400 404 413 414 431 500 503
        """
}
