import Testing

@testable import CofferCore

struct QueryParserTests {
    private func query(_ text: String, role: Role = .editor) throws(Failure) -> TableQuery {
        try TableQuery(QueryParameters(text), relation: .files(for: role))
    }

    private func names(_ columns: [Column]) -> String { columns.map(\.name).joined(separator: " ") }

    @Test(arguments: [
        ("id.asc.x", 7, #""." expecting "asc", "desc", "nullsfirst" or "nullslast""#),
        ("id.down", 3, #""." expecting "asc", "desc", "nullsfirst" or "nullslast""#),
        ("id.nullsfirst.desc", 14, #""." expecting "," or end of input"#),
        ("id desc", 3, #"" " expecting "," or end of input"#),
        ("id,", 4, "end of input expecting a column name"), (",id", 1, #""," expecting a column name"#),
        ("", 1, "end of input expecting a column name"), ("id,é", 4, #""é" expecting a column name"#),
        ("id.desc,id.descending", 16, #""e" expecting "," or end of input"#),
    ])
    func `a broken order is refused with the place`(order: String, column: Int, rest: String) {
        let failure = refusal { () throws(Failure) in try query("order=\(PercentCoding.encode(order))") }
        #expect(failure?.kind == .querySyntax)
        #expect(failure?.message == "\"failed to parse order (\(order))\" (line 1, column \(column))")
        #expect(failure?.details == "unexpected \(rest)")
    }

    @Test(arguments: [
        ("", 1, "end of input"), ("eq", 1, #""e""#), ("eq:1", 1, #""e""#), ("not.eq", 5, #""e""#),
        ("not.not.eq.1", 5, #""n""#),
        ("EQ.1", 1, #""E""#), ("fts.a", 1, #""f""#), ("5", 1, #""5""#), (".eq.1", 1, #"".""#),
    ])
    func `a broken filter is refused with the place and the operators`(filter: String, column: Int, found: String) {
        let failure = refusal { () throws(Failure) in try query("id=\(filter)") }
        #expect(failure?.kind == .querySyntax)
        #expect(failure?.message == "\"failed to parse id (\(filter))\" (line 1, column \(column))")
        #expect(
            failure?.details == "unexpected \(found) expecting \"not\" or an operator "
                + "(eq, neq, gt, gte, lt, lte, like, ilike) with \".\" behind it")
    }

    @Test(arguments: [
        ("id;", 3, #"";" expecting "," or end of input"#), ("id,,file_path", 4, #""," expecting a column name"#),
        ("a:id", 0, ""), ("*,", 3, "end of input expecting a column name"),
    ])
    func `a broken select is refused with the place`(select: String, column: Int, rest: String) {
        let failure = refusal { () throws(Failure) in try query("select=\(select)") }
        if column == 0 {
            #expect(failure?.kind == .unknownColumn)
        } else {
            #expect(failure?.message == "\"failed to parse select (\(select))\" (line 1, column \(column))")
            #expect(failure?.details == "unexpected \(rest)")
        }
    }

    @Test(arguments: ["select=owner_email", "order=owner_email", "owner_email=eq.a"])
    func `a column of admins does not exist for editors`(text: String) throws {
        let failure = refusal { () throws(Failure) in try query(text) }
        #expect(failure?.kind == .unknownColumn)
        #expect(failure?.message == "column files.owner_email does not exist")
        #expect(failure?.hint?.contains("owner_email") == false)
        _ = try query(text, role: .admin)
    }

    @Test(arguments: ["blob", "ID", "id--", "1", "user"])
    func `no other column exists for anybody`(name: String) {
        #expect(refusal { () throws(Failure) in try query("\(name)=eq.1", role: .admin) }?.kind == .unknownColumn)
        #expect(refusal { () throws(Failure) in try query("order=\(name)", role: .admin) } != nil)
        #expect(refusal { () throws(Failure) in try query("select=\(name)", role: .admin) } != nil)
    }

    @Test(arguments: [
        ("", "id user_id file_path description content_type size_bytes sha256 created_at updated_at"),
        ("select=", "id user_id file_path description content_type size_bytes sha256 created_at updated_at"),
        ("select=*", "id user_id file_path description content_type size_bytes sha256 created_at updated_at"),
        ("select=file_path,id", "file_path id"), ("select=id,id", "id id"),
    ])
    func `the selection is in the order asked for`(text: String, columns: String) throws {
        #expect(names(try query(text).selection) == columns)
    }

    @Test(arguments: [
        ("eq.1", "eq", "1", false), ("not.eq.1", "eq", "1", true), ("eq.", "eq", "", false),
        ("eq.a.b", "eq", "a.b", false),
        ("like.*a*", "like", "*a*", false), ("eq.not.eq.1", "eq", "not.eq.1", false), ("neq.a,b", "neq", "a,b", false),
        ("ilike.%25", "ilike", "%", false), ("eq.a+b", "eq", "a b", false), ("gte.0", "gte", "0", false),
    ])
    func `the value of a filter is all that follows its operator`(
        text: String, name: String, value: String, isNegated: Bool
    ) throws {
        let filter = try #require(try query("file_path=\(text)").filters.first)
        #expect(filter.operator.rawValue == name)
        #expect(filter.value == value)
        #expect(filter.isNegated == isNegated)
    }

    @Test func `a value may begin with a combining character`() throws {
        #expect((try? query("file_path=eq.%CC%81x"))?.filters.first?.value == "\u{301}x")
    }

    @Test func `names that PostgREST reserves are no columns`() throws {
        #expect(try query("limit=1&offset=2&columns=x&on_conflict=y").filters.isEmpty)
    }

    @Test func `no query makes the parser crash`() {
        var random = RepeatableGenerator(seed: 7)
        for _ in 0..<3000 {
            let text = String(decoding: random.bytes(length: 24), as: UTF8.self)
            _ = refusal { () throws(Failure) in try query(text) }
            for name in ["select", "order", "id", random.text(length: 4)] {
                _ = refusal { () throws(Failure) in
                    try query("\(name)=\(PercentCoding.encode(random.text(length: 10)))")
                }
            }
        }
    }
}
