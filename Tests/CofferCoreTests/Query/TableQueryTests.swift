import Testing
import Text

@testable import CofferCore

struct TableQueryTests {
    @Test func `filters on the same column must all hold, and keep their order`() throws {
        let size = editorFiles["size_bytes"]
        #expect(
            try query("size_bytes=gte.1&order=id&size_bytes=lt.5&size_bytes=gte.1").conditions
                == [
                    .filter(Filter(size, .value(.greaterOrEqual, "1"))), .filter(Filter(size, .value(.less, "5"))),
                    .filter(Filter(size, .value(.greaterOrEqual, "1"))),
                ])
    }

    @Test func `names that PostgREST reserves are not columns`() throws {
        let query = try query("limit=1&offset=2&columns=x&on_conflict=y&select=id&order=id")
        #expect(query.conditions.isEmpty)
        #expect(!query.isSelective && query.isPaginated)
        #expect(
            try query.rowRange(range: nil, maximum: 1000) == RowRange(limit: "1", offset: "2", range: nil, maximum: 9))
    }

    @Test func `the first of repeated select, order, limit and offset counts`() throws {
        let query = try query("select=id&select=x&order=id&order=x&limit=1&limit=-1&offset=3&offset=4")
        #expect(query.selection.map(\.name) == ["id"])
        #expect(query.orders == [Order(editorFiles["id"])])
        let rowRange = try query.rowRange(range: nil, maximum: 1000)
        #expect(rowRange.limit == 1)
        #expect(rowRange.offset == 3)
    }

    @Test(arguments: ["caf%C3%A9", "cafe%CC%81"])
    func `the name of a file or an account is compared in the form in which it is stored`(name: String) throws {
        for (filter, value) in [
            ("file_path=eq.\(name)", "caf\u{E9}"), ("file_path=not.neq.\(name)", "caf\u{E9}"),
            ("file_path=in.(\(name),a)", "{\"caf\u{E9}\",\"a\"}"), ("file_path=like.*\(name)*", "%caf\u{E9}%"),
            ("file_path=match.^\(name)", "^caf\u{E9}"), ("file_path=gte(any).{\(name)}", "{\"caf\u{E9}\"}"),
            ("or=(id.is.null,file_path.isdistinct.\(name))", "caf\u{E9}"), ("owner_email=ilike.\(name)", "caf\u{E9}"),
        ] {
            let values = try query(filter, of: adminFiles).delete(as: .json).values
            #expect(values.map { Array(($0 ?? "").unicodeScalars) } == [Array(value.unicodeScalars)], "\(filter)")
        }
        let subject = try query("subject=eq.\(name)", of: .auditLog(for: .editor)).conditions
        #expect(subject == [.filter(Filter(Relation.auditLog(for: .editor)["subject"], .value(.equal, "caf\u{E9}")))])
    }

    @Test func `a text that is not a name is not normalized`() throws {
        let values = try query("description=eq.cafe%CC%81").delete(as: .json).values
        #expect(values.map { Array(($0 ?? "").unicodeScalars) } == [Array("cafe\u{301}".unicodeScalars)])
    }

    @Test(arguments: [
        ("file_path=like.a/*", false), ("file_path=like.my%5C_docs/*", false), ("file_path=like.a", false),
        ("file_path=like(any).{a/*,b/**}", false), ("file_path=eq.*a", false), ("id=in.(\(anyUUID))", false),
        ("file_path=like.*a", true), ("file_path=like.a*b*", true), ("file_path=like.my_docs/*", true),
        ("file_path=like(any).{a/*,*b}", true), ("file_path=ilike.a/*", true), ("file_path=match.a", true),
        ("or=(id.is.null,and(size_bytes.gt.1,not.and(file_path.imatch.a,size_bytes.lt.9)))", true),
    ])
    func `a pattern is a search unless it is a prefix`(text: String, isSearch: Bool) throws {
        #expect(try query(text).isSearch == isSearch)
    }

    @Test(arguments: [
        "users.email", "files.order", "files.limit", "files.or", "files.not.and", "users.select", "not.id", "order.x",
    ])
    func `a parameter of another table is refused`(name: String) {
        let failure = refusal(name, "eq.1")
        #expect(failure?.kind == .notEmbedded)
        #expect(failure?.message == "'\(name.split(separator: ".")[0])' is not an embedded resource in this request")
    }

    @Test(arguments: [
        ("", 1, "unexpected end of input expecting a column name"), ("id=x", 3, #"unexpected "=" expecting "=""#),
        ("a b", 2, #"unexpected " " expecting "=""#), ("(id)", 1, #"unexpected "(" expecting a column name"#),
        ("id->>a", 3, "JSON arrows are not supported"), ("users(email)", 1, "embedding another table is not supported"),
        ("\"id", 1, "unexpected \"\"\" expecting a closing quote"),
    ])
    func `an invalid name is refused with the position`(name: String, column: Int, details: String) {
        let failure = refusal(PercentCoding.encode(name), "eq.1")
        #expect(failure?.kind == .querySyntax)
        #expect(failure?.message == place("column name", name, column))
        #expect(failure?.details == details)
    }

    @Test(arguments: ["select=owner_email", "order=owner_email", "owner_email=eq.a", "or=(owner_email.is.null)"])
    func `a column of admins does not exist for editors`(text: String) throws {
        let failure = refusal { () throws(Failure) in try query(text) }
        #expect(failure?.kind == .unknownColumn)
        #expect(failure?.message == "column files.owner_email does not exist")
        #expect(failure?.hint?.contains("owner_email") == false)
        _ = try query(text, of: adminFiles)
    }

    @Test(arguments: ["blob", "ID", "id--", "1", "user", "message", "ｉd", "id\u{301}"])
    func `no other column exists for any role`(name: String) {
        for failure in [
            refusal(PercentCoding.encode(name), "eq.1", of: adminFiles), refusal("order", name, of: adminFiles),
            refusal("select", name, of: adminFiles), refusal("or", "(\(name).eq.1)", of: adminFiles),
        ] {
            #expect(failure?.kind == .unknownColumn)
            #expect(failure?.message == "column files.\(name) does not exist")
            #expect(
                failure?.hint
                    == "The columns are id, user_id, file_path, description, content_type, size_bytes, sha256, "
                    + "created_at, updated_at, modified_at, owner_email")
        }
    }

    @Test func `a write-only column cannot be selected, filtered or sorted by`() {
        let users = Relation.users(for: .admin)
        for failure in [
            refusal("select", "disabled", of: users), refusal("order", "disabled", of: users),
            refusal("disabled", "is.true", of: users), refusal("or", "(disabled.is.true)", of: users),
        ] {
            #expect(failure?.message == "column users.disabled does not exist")
        }
    }

    @Test func `each relation has its own columns`() throws {
        let users = try query("select=id,email&disabled_at=is.null&order=email", of: .users(for: .admin))
        #expect(users.selection.map(\.name) == ["id", "email"])
        let log = try query("id=gt.5&action=in.(store,delete)&order=occurred_at.desc", of: .auditLog(for: .editor))
        #expect(log.conditions.count == 2)
        #expect(
            refusal("id", "eq.6b1f0e1c-0000-4000-8000-00000000000a", of: .auditLog(for: .editor))?.kind == .invalidValue
        )
    }
}
