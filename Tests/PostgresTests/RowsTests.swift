import Postgres
import Testing

@Suite("Rows")
struct RowsTests {
    let connection: Connection

    init() throws {
        connection = try TestServer.connect()
    }

    @Test("null differs from the empty text")
    func null() throws {
        let row = try connection.rows("select null::text as a, '' as b, ''::bytea as c").only()
        #expect(row.texts == [nil, "", "\\x"])
        #expect(try row.optionalText("a") == nil && row.optionalText("b") == "" && row.bytes("c") == [])
    }

    @Test("values of every parameter type come back unchanged")
    func parameters() throws {
        let bytes = (0...255).map { UInt8($0) }
        let row = try connection.rows(
            "select $1::text as text, $2::bytea as bytes, $3::bigint as number, $4::uuid as id, $5::bytea as empty",
            [.text("a 'b' \\ \u{1F600}"), .bytes(bytes), .integer(.min), .null, .bytes([])]
        ).only()
        #expect(try row.text("text") == "a 'b' \\ \u{1F600}")
        #expect(try row.bytes("bytes") == bytes)
        #expect(try row.integer("number") == .min)
        #expect(try row.optionalText("id") == nil)
        #expect(try row.bytes("empty") == [])
    }

    @Test("both output forms of bytea are decoded")
    func escapeForm() throws {
        let expected: [UInt8] = [0x00, 0xff, 0x5c, 0x41]
        for (form, text) in [("hex", "\\x00ff5c41"), ("escape", "\\000\\377\\\\A")] {
            try connection.execute(script: "set bytea_output = '\(form)'")
            let row = try connection.rows("select '\\x00ff5c41'::bytea as bytes").only()
            #expect(try row.text("bytes") == text && row.bytes("bytes") == expected)
        }
    }

    @Test("JSON is read in place as the server sent it")
    func json() throws {
        let rows = try connection.rows("select json_agg(json_build_object('n', n)) as j from generate_series(1, 3) n")
        var copy: [UInt8] = []
        try rows.only().cell("j").withText { span in
            for index in span.indices { copy.append(span[index]) }
        }
        #expect(String(decoding: copy, as: UTF8.self) == #"[{"n" : 1}, {"n" : 2}, {"n" : 3}]"#)
    }

    @Test("an error of the closure that reads a value is passed on")
    func closureError() throws {
        struct Refused: Error {}
        let cell = try connection.rows("select 1 as x").only().cell("x")
        #expect(throws: Refused.self) { try cell.withText { _ throws(Refused) in throw Refused() } }
    }

    @Test("large values come back unchanged", arguments: [true, false])
    func large(preparesStatements: Bool) throws {
        let connection = try TestServer.connect(preparesStatements: preparesStatements)
        let bytes = (0..<5_000_000).map { UInt8(truncatingIfNeeded: $0 &* 7) }
        let text = String(repeating: "x", count: 5_000_000)
        let results = try connection.run([
            Query(Statement(name: "bytes", sql: "select $1::bytea as value"), [.bytes(bytes)]),
            Query(Statement(name: "text", sql: "select $1::text as value"), [.text(text)]),
            Query(Statement(sql: "select $1::text as value"), [.text("small")]),
        ])
        #expect(try results[0].only().bytes("value") == bytes)
        #expect(try results[1].only().text("value") == text)
        #expect(try results[2].only().text("value") == "small")
    }
}
