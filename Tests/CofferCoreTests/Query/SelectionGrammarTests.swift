import Testing

@testable import CofferCore

struct SelectionGrammarTests {
    private static let all =
        "id user_id file_path description content_type size_bytes sha256 created_at updated_at modified_at"

    private func described(_ columns: [SelectedColumn]) -> String {
        columns.map { column in
            (column.alias.map { $0 + ":" } ?? "") + column.column.name + (column.cast.map { "::\($0.rawValue)" } ?? "")
        }
        .joined(separator: " ")
    }

    @Test(arguments: [
        ("", Self.all), ("*", Self.all), ("file_path,id", "file_path id"), (" id , file_path ", "id file_path"),
        ("\"file_path\"", "file_path"), ("name:file_path", "name:file_path"), ("\"a b,c\":id", "a b,c:id"),
        ("size_bytes::text", "size_bytes::text"), ("size:size_bytes::int8", "size:size_bytes::int8"),
        ("id::text,size_bytes::bigint,n:size_bytes::integer", "id::text size_bytes::bigint n:size_bytes::integer"),
        ("名:id", "名:id"), ("id,id", "id"), ("*,id", Self.all), ("*,n:id", Self.all + " n:id"),
        (
            "user_id,*",
            "user_id id file_path description content_type size_bytes sha256 created_at updated_at modified_at"
        ),
        ("id:id,id:id", "id:id"), ("-a:id", "-a:id"), ("$1:id", "$1:id"),
    ])
    func `columns are selected in the given order, each once`(text: String, columns: String) throws {
        #expect(described(try query("select", text).selection) == columns)
    }

    @Test func `a query without select selects all columns`() throws {
        #expect(described(try query("").selection) == Self.all)
        #expect(described(try query("", of: adminFiles).selection) == Self.all + " owner_email")
    }

    @Test(arguments: Column.Kind.allCases, SelectedColumn.Cast.allCases)
    func `every type is cast to text, and integers to each other`(kind: Column.Kind, cast: SelectedColumn.Cast) {
        guard let column = editorFiles.columns.first(where: { $0.kind == kind }) else { return }
        let failure = refusal("select", "\(column.name)::\(cast.rawValue)")
        let isAllowed = cast == .text || kind == .integer
        #expect(failure?.kind == (isAllowed ? nil : .unsuitableCast))
    }

    @Test(arguments: [
        ("id::int", "uuid to integer"), ("file_path::int4", "text to integer"), ("sha256::int8", "text to bigint"),
        ("created_at::integer", "timestamp with time zone to integer"), ("id::bigint", "uuid to bigint"),
    ])
    func `a cast that PostgreSQL does not have is refused with its message`(text: String, types: String) {
        #expect(refusal("select", text)?.message == "cannot cast type " + types)
    }

    @Test(arguments: [
        ("id;", 3, #"unexpected ";" expecting "," or end of input"#),
        ("id,,file_path", 4, #"unexpected "," expecting a column name"#),
        ("*,", 3, "unexpected end of input expecting a column name"),
        (" ", 2, "unexpected end of input expecting a column name"),
        ("a:", 3, "unexpected end of input expecting a column name"),
        (":id", 1, #"unexpected ":" expecting a column name"#),
        ("\"id", 1, "unexpected \"\"\" expecting a closing quote"),
        ("id::", 5, "unexpected end of input expecting one of the types text, int, int4, int8, bigint, integer"),
        ("id::varchar", 5, #"unexpected "v" expecting one of the types text, int, int4, int8, bigint, integer"#),
        ("id:: text", 5, #"unexpected " " expecting one of the types text, int, int4, int8, bigint, integer"#),
        ("id::text::int", 9, #"unexpected ":" expecting "," or end of input"#),
        ("\"\":id", 1, "an alias must have 1 to 63 bytes, and no zero byte"),
        ("\"a\u{0}\":id", 1, "an alias must have 1 to 63 bytes, and no zero byte"),
        ("id,file_path,id:sha256", 23, "\"id\" would name two columns"),
        ("a:id,a:sha256", 14, "\"a\" would name two columns"), ("id,id::text", 12, "\"id\" would name two columns"),
        ("files(id)", 1, "embedding another table is not supported"),
        ("a:users!fk(*)", 3, "embedding another table is not supported"),
        ("id,...users(email)", 7, "embedding another table is not supported"),
        ("count()", 1, "aggregating is not supported"), ("n:count()", 3, "aggregating is not supported"),
        ("size_bytes.sum()", 12, "aggregating is not supported"),
        ("a:size_bytes.max()", 14, "aggregating is not supported"),
        ("description->>a", 12, "JSON arrows are not supported"),
        ("description->a->>b", 12, "JSON arrows are not supported"),
    ])
    func `an invalid select is refused with the position`(select: String, column: Int, details: String) {
        let failure = refusal("select", select)
        #expect(failure?.kind == .querySyntax)
        #expect(failure?.details == details)
        #expect(failure?.message == place("select parameter", select, column))
    }

    @Test func `an alias has at most 63 bytes, as PostgreSQL would truncate it`() throws {
        let longest = String(repeating: "é", count: 31) + "x"
        #expect(try query("select", longest + ":id").selection.map(\.name) == [longest])
        #expect(refusal("select", longest + "x:id")?.kind == .querySyntax)
    }

    @Test(arguments: ["select", "order"])
    func `a list has at most a hundred elements`(name: String) throws {
        let columns = { (count: Int) in [String](repeating: "id", count: count).joined(separator: ",") }
        _ = try query(name, columns(100))
        #expect(refusal(name, columns(101))?.details == "there are more than 100 elements")
    }

    @Test(
        arguments: [
            ("id", false, nil), ("id.asc", false, nil), ("id.desc", true, nil), ("id.nullsfirst", false, true),
            ("id.nullslast", false, false), ("id.asc.nullsfirst", false, true), ("id.desc.nullslast", true, false),
            (" \"id\".desc ", true, nil),
        ] as [(String, Bool, Bool?)])
    func `an order may have a direction and a position of nulls`(
        text: String, isDescending: Bool, nullsFirst: Bool?
    ) throws {
        #expect(
            try query("order", text).orders
                == [Order(editorFiles["id"], isDescending: isDescending, nullsFirst: nullsFirst)])
    }

    @Test func `columns to sort by keep their order`() throws {
        #expect(
            try query("order", "size_bytes.desc.nullslast, file_path").orders
                == [
                    Order(editorFiles["size_bytes"], isDescending: true, nullsFirst: false),
                    Order(editorFiles["file_path"]),
                ])
    }

    @Test(arguments: [
        ("id.asc.x", 8, #"unexpected "x" expecting "nullsfirst" or "nullslast""#),
        ("id.x", 4, #"unexpected "x" expecting "asc", "desc", "nullsfirst" or "nullslast""#),
        ("id.", 4, #"unexpected end of input expecting "asc", "desc", "nullsfirst" or "nullslast""#),
        ("id.DESC", 4, #"unexpected "D" expecting "asc", "desc", "nullsfirst" or "nullslast""#),
        ("id.nullsfirst.desc", 14, #"unexpected "." expecting "," or end of input"#),
        ("id desc", 4, #"unexpected "d" expecting "," or end of input"#),
        ("id,", 4, "unexpected end of input expecting a column name"),
        (",id", 1, #"unexpected "," expecting a column name"#),
        ("", 1, "unexpected end of input expecting a column name"),
        ("id,(é", 4, #"unexpected "(" expecting a column name"#),
        ("id.desc,id.descending", 16, #"unexpected "e" expecting "," or end of input"#),
        ("users(email)", 1, "embedding another table is not supported"),
        ("description->>a.desc", 12, "JSON arrows are not supported"),
    ])
    func `an invalid order is refused with the position`(order: String, column: Int, details: String) {
        let failure = refusal("order", order)
        #expect(failure?.kind == .querySyntax)
        #expect(failure?.message == place("order", order, column))
        #expect(failure?.details == details)
    }
}
