import Postgres
import Testing

@Suite("Rows")
struct RowsTests {
    let connection: Connection

    init() throws {
        connection = try TestServer.connect()
    }

    @Test("give columns, counts and typed values")
    func values() throws {
        let rows = try connection.rows(
            "select 42::bigint as number, 'für' as text, true, null::text from generate_series(1, 3)")
        #expect(rows.count == 3 && rows.columnCount == 4)
        #expect(rows.columnName(0) == "number" && rows.columnName(1) == "text")
        #expect(rows.integer(2, 0) == 42)
        #expect(rows.text(0, 1) == "für")
        #expect(rows.integer(0, 1) == nil)
        #expect(rows.boolean(0, 2) == true)
    }

    @Test("tell null from the empty text")
    func null() throws {
        let rows = try connection.rows("select null::text, '', null::bytea, ''::bytea, null::boolean")
        #expect(rows.isNull(0, 0) && !rows.isNull(0, 1))
        #expect(rows.text(0, 0) == nil && rows.text(0, 1) == "")
        #expect(rows.bytes(0, 2) == nil && rows.bytes(0, 3) == [])
        #expect(rows.boolean(0, 4) == nil && rows.integer(0, 0) == nil)
        #expect(rows.withText(0, 0) { $0.count } == 0)
    }

    @Test("carry every parameter type there and back")
    func parameters() throws {
        let bytes = (0...255).map { UInt8($0) }
        let rows = try connection.rows(
            "select $1::text, $2::bytea, $3::bigint, $4::uuid, $5::bytea",
            [.text("a 'b' \\ \u{1F600}"), .bytes(bytes), .integer(.min), .null, .bytes([])])
        #expect(rows.text(0, 0) == "a 'b' \\ \u{1F600}")
        #expect(rows.bytes(0, 1) == bytes)
        #expect(rows.integer(0, 2) == .min)
        #expect(rows.isNull(0, 3))
        #expect(rows.bytes(0, 4) == [])
    }

    @Test("decode both output forms of bytea")
    func escapeForm() throws {
        try connection.execute(script: "set bytea_output = 'escape'")
        #expect(try connection.rows("select '\\x00ff5c41'::bytea").bytes(0, 0) == [0x00, 0xff, 0x5c, 0x41])
    }

    @Test("say how many rows a command changed")
    func affected() throws {
        try connection.execute(script: "create temporary table t (n int)")
        #expect(try connection.rows("insert into t select generate_series(1, 7)").affected == 7)
        #expect(try connection.rows("delete from t where n > 5").affected == 2)
        #expect(try connection.rows("create temporary table u (n int)").affected == 0)
    }

    @Test("lend JSON as it came")
    func json() throws {
        let rows = try connection.rows("select json_agg(json_build_object('n', n)) from generate_series(1, 3) n")
        var copy: [UInt8] = []
        rows.withText(0, 0) { span in
            for index in span.indices { copy.append(span[index]) }
        }
        #expect(String(decoding: copy, as: UTF8.self) == #"[{"n" : 1}, {"n" : 2}, {"n" : 3}]"#)
    }

    @Test("pass on the error of the closure that reads a cell")
    func closureError() throws {
        struct Refused: Error {}
        let rows = try connection.rows("select 1")
        #expect(throws: Refused.self) { try rows.withText(0, 0) { _ throws(Refused) in throw Refused() } }
    }

    @Test("outlive their connection")
    func outlive() throws {
        let rows = try TestServer.connect().rows("select 'still here'")
        #expect(rows.text(0, 0) == "still here")
    }

    @Test("are as large as need be", arguments: [true, false])
    func large(preparesStatements: Bool) throws {
        let connection = try TestServer.connect(preparesStatements: preparesStatements)
        let bytes = (0..<5_000_000).map { UInt8(truncatingIfNeeded: $0 &* 7) }
        let text = String(repeating: "x", count: 5_000_000)
        let results = try connection.run([
            Query(Statement(name: "bytes", sql: "select $1::bytea"), [.bytes(bytes)]),
            Query(Statement(name: "text", sql: "select $1::text"), [.text(text)]),
            Query(Statement(sql: "select $1::text"), [.text("small")]),
        ])
        #expect(results[0].bytes(0, 0) == bytes)
        #expect(results[1].text(0, 0) == text)
        #expect(results[2].text(0, 0) == "small")
    }
}
