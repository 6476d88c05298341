import Testing

@testable import CofferCore

struct PatchBodyTests {
    private let users = Relation.users(for: .admin)

    private func changes(_ body: String, columns: String? = nil, of relation: Relation = editorFiles) throws(Failure)
        -> PatchBody
    {
        guard let json = try? JSON(Array(body.utf8)) else { fatalError("no JSON: \(body)") }
        return try PatchBody(body: json, columns: columns, relation: relation)
    }

    private func refused(_ body: String, columns: String? = nil, of relation: Relation = editorFiles) -> Failure? {
        refusal { () throws(Failure) in try changes(body, columns: columns, of: relation) }
    }

    private func described(_ changes: PatchBody) -> [String] {
        changes.assignments.map { "\($0.column.name)=\($0.value ?? "null")" }
    }

    @Test(arguments: [
        ("{}", []), (#"{"description":"d"}"#, ["description=d"]), (#"{"description":null}"#, ["description=null"]),
        (#"{"description":"","file_path":"a/é"}"#, ["file_path=a/é", "description="]),
    ])
    func `a file's path and description can be set`(body: String, expected: [String]) throws {
        for relation in [editorFiles, adminFiles] {
            #expect(described(try changes(body, of: relation)) == expected)
        }
        #expect(try changes(body).isEmpty == expected.isEmpty)
    }

    @Test(arguments: [
        (#"{"role":"admin","quota_bytes":5}"#, ["role=admin", "quota_bytes=5"]),
        (#"{"quota_bytes":null}"#, ["quota_bytes=null"]),
        (#"{"quota_bytes":9223372036854775807}"#, ["quota_bytes=9223372036854775807"]),
        (#"{"quota_bytes":1e3}"#, ["quota_bytes=1000"]),
        (#"{"disabled":true}"#, ["disabled=true"]),
        (#"{"disabled":false,"quota_bytes":0}"#, ["quota_bytes=0", "disabled=false"]),
    ])
    func `a user's role, quota and disabled can be set`(body: String, expected: [String]) throws {
        #expect(described(try changes(body, of: users)) == expected)
    }

    @Test func `disabling keeps an earlier time, and enabling removes it`() throws {
        var writer = SQLWriter(users)
        #expect(
            try changes(#"{"disabled":true,"role":"editor"}"#, of: users).sql(&writer)
                == "role = $1, disabled_at = case when $2::boolean then coalesce(users.disabled_at, now()) end")
        #expect(writer.values == ["editor", "true"])
    }

    @Test(arguments: ["null", "1", "\"a\"", "[]", #"[{"description":"a"}]"#])
    func `a body that is not an object is refused`(body: String) {
        let failure = refused(body)
        #expect(failure?.kind == .invalidBody)
        #expect(failure?.message == "Empty or invalid json")
        #expect(failure?.details == "The body must be one JSON object")
    }

    @Test(arguments: [
        (#"{"blob":1}"#, "blob"), (#"{"description":"a","DESCRIPTION":"b"}"#, "DESCRIPTION"), (#"{"":1}"#, ""),
        (#"{"z":1,"a":2}"#, "a"), (#"{"owner_email":"a"}"#, "owner_email"),
    ])
    func `an unknown column is refused as in PostgREST`(body: String, name: String) {
        let failure = refused(body)
        #expect(failure?.kind == .unknownBodyColumn)
        #expect(failure?.message == "Could not find the '\(name)' column of 'files' in the schema cache")
        #expect(failure?.hint == "These can be changed: file_path, description, modified_at")
    }

    @Test(arguments: ["id", "user_id", "size_bytes", "sha256", "created_at", "content_type"])
    func `a column that exists but cannot be changed is forbidden`(name: String) {
        let failure = refused("{\"\(name)\":null}")
        #expect(failure?.kind == .forbidden)
        #expect(failure?.message == "The column \(name) of files cannot be changed")
    }

    @Test func `the audit log and a user's e-mail address cannot be changed`() {
        #expect(refused(#"{"action":"a"}"#, of: .auditLog(for: .admin))?.kind == .forbidden)
        #expect(refused(#"{"action":"a"}"#, of: .auditLog(for: .admin))?.hint == nil)
        #expect(refused(#"{"email":"a"}"#, of: users)?.kind == .forbidden)
        #expect(refused(#"{"disabled_at":null}"#, of: users)?.kind == .forbidden)
    }

    @Test(arguments: [
        ("file_path", "null", Failure.Kind.missingValue, "a text"), ("file_path", "1", .invalidValue, "a text"),
        ("description", "1", .invalidValue, "a text of at most 2000 characters without U+0000, or null"),
        (
            "description", #""a\u0000""#, .invalidValue,
            "a text of at most 2000 characters without U+0000, or null"
        ),
        ("description", "{}", .invalidValue, "a text of at most 2000 characters without U+0000, or null"),
    ])
    func `a value that a file cannot have is refused with the rule`(
        name: String, value: String, kind: Failure.Kind, rule: String
    ) {
        let failure = refused("{\"\(name)\":\(value)}")
        #expect(failure?.kind == kind)
        #expect(failure?.message == "The value of \(name) is not allowed")
        #expect(failure?.details == "\(name) must be \(rule)")
    }

    @Test(arguments: [
        ("role", "null", Failure.Kind.missingValue, "\"editor\" or \"admin\""),
        ("role", "\"owner\"", .brokenRule, "\"editor\" or \"admin\""),
        ("role", "\"Admin\"", .brokenRule, "\"editor\" or \"admin\""),
        ("role", "1", .invalidValue, "\"editor\" or \"admin\""),
        ("quota_bytes", "-1", .brokenRule, "a whole number of bytes, 0 or more, or null for no quota"),
        ("quota_bytes", "1.5", .invalidValue, "a whole number of bytes, 0 or more, or null for no quota"),
        ("quota_bytes", "\"5\"", .invalidValue, "a whole number of bytes, 0 or more, or null for no quota"),
        (
            "quota_bytes", "9223372036854775808", .invalidValue,
            "a whole number of bytes, 0 or more, or null for no quota"
        ),
        ("quota_bytes", "1e400", .invalidValue, "a whole number of bytes, 0 or more, or null for no quota"),
        ("disabled", "null", .missingValue, "true or false"), ("disabled", "\"true\"", .invalidValue, "true or false"),
        ("disabled", "1", .invalidValue, "true or false"),
    ])
    func `a value that a user cannot have is refused with the rule`(
        name: String, value: String, kind: Failure.Kind, rule: String
    ) {
        let failure = refused("{\"\(name)\":\(value)}", of: users)
        #expect(failure?.kind == kind)
        #expect(failure?.details == "\(name) must be \(rule)")
    }

    @Test func `an invalid path is refused with the rule that it breaks`() {
        let failure = refused(#"{"file_path":"a//b"}"#)
        #expect(failure?.kind == .filePathRule)
        #expect(failure?.message == "The file path must not have an empty segment")
    }

    @Test func `a description has at most 2000 characters, as PostgreSQL counts them`() throws {
        let longest = String(repeating: "e\u{301}", count: 1000)
        #expect(try changes("{\"description\":\"\(longest)\"}").assignments.count == 1)
        #expect(refused("{\"description\":\"\(longest)x\"}")?.kind == .brokenRule)
    }

    @Test func `members that columns= does not name are ignored`() throws {
        let body = #"{"description":"d","file_path":"p","other":1,"id":2}"#
        #expect(described(try changes(body, columns: "description")) == ["description=d"])
        #expect(
            described(try changes(body, columns: "\"file_path\" , description")) == ["file_path=p", "description=d"])
        #expect(described(try changes(#"{"x":1}"#, columns: "description")) == [])
        #expect(refused(body, columns: "")?.kind == .forbidden)
        #expect(refused(body, columns: "other")?.kind == .unknownBodyColumn)
        #expect(refused(body, columns: "description,id")?.kind == .forbidden)
    }

    @Test(arguments: [
        ("a b", 3, #"unexpected "b" expecting "," or end of input"#),
        ("description,", 13, "unexpected end of input expecting a column name"),
        ("(a)", 1, #"unexpected "(" expecting a column name"#),
    ])
    func `an invalid columns= is refused with the position`(text: String, column: Int, details: String) {
        let failure = refused("{}", columns: text)
        #expect(failure?.kind == .querySyntax)
        #expect(failure?.message == place("columns parameter", text, column))
        #expect(failure?.details == details)
    }
}
