import Postgres
import Testing

@Suite("Row")
struct RowTests {
    private func row(_ sql: String) throws -> Row { try TestServer.connect().rows(sql).only() }

    /// The message of the error, which must be an `.unexpectedResult`. nil without an error.
    private func message<Value>(_ body: () throws(PostgresError) -> Value) -> String? {
        do throws(PostgresError) {
            _ = try body()
            return nil
        } catch {
            #expect(error.kind == .unexpectedResult && error.sqlState == nil)
            return error.message
        }
    }

    @Test("a row has its values by the names of their columns, in any order")
    func values() throws {
        let row = try row(
            "select 42::bigint as number, 'für' as name, true as yes, false as no, '\\x00ff'::bytea as bytes, '' as empty"
        )
        #expect(try row.text("empty") == "" && row.optionalText("empty") == "")
        #expect(try row.integer("number") == 42 && row.optionalInteger("number") == 42)
        #expect(try row.bytes("bytes") == [0, 0xff])
        #expect(try row.text("name") == "für" && row.text("number") == "42")
        #expect(try row.boolean("yes") && !row.boolean("no"))
        #expect(try row.value("name") { $0.count } == 3)
        #expect(try row.cell("name").withText { $0.count } == 4)
    }

    @Test("a value does not depend on the column that was read before")
    func order() throws {
        let names: [StaticString] = ["a", "b", "c"]
        let row = try row("select 'a' as a, 'b' as b, 'c' as c")
        for first in names {
            for second in names {
                #expect(try row.text(first) == "\(first)" && row.text(second) == "\(second)")
            }
        }
    }

    @Test("a missing column is an error that names it")
    func missing() throws {
        let row = try row("select 1 as \"Number\", 2")
        for name in ["number", "NUMBER", "", "Numbe", "Numbers"] as [StaticString] {
            #expect(
                message { () throws(PostgresError) in try row.text(name) } == "the result has no column \"\(name)\"")
            #expect(message { () throws(PostgresError) in try row.optionalInteger(name) } != nil)
        }
        #expect(try row.integer("Number") == 1)
    }

    @Test("null is an error unless the value is optional")
    func null() throws {
        let row = try row("select null::bigint as x")
        #expect(try row.optionalText("x") == nil && row.optionalInteger("x") == nil)
        #expect(try row.optionalValue("x") { _ in 1 } == nil)
        let expected = "the column \"x\" is null"
        #expect(message { () throws(PostgresError) in try row.text("x") } == expected)
        #expect(message { () throws(PostgresError) in try row.integer("x") } == expected)
        #expect(message { () throws(PostgresError) in try row.boolean("x") } == expected)
        #expect(message { () throws(PostgresError) in try row.bytes("x") } == expected)
        #expect(message { () throws(PostgresError) in try row.cell("x") } == expected)
        #expect(message { () throws(PostgresError) in try row.value("x") { $0 } } == expected)
    }

    @Test("a value of another type is an error that does not quote it")
    func conversion() throws {
        let row = try row("select 'secret' as a, 1.5 as b, 9223372036854775808 as c, 'true' as d, ' 1' as e")
        for name in ["a", "b", "c", "d", "e"] as [StaticString] {
            for problem in [
                message { () throws(PostgresError) in try row.integer(name) },
                message { () throws(PostgresError) in try row.optionalInteger(name) },
                message { () throws(PostgresError) in try row.boolean(name) },
            ] { #expect(problem == "the column \"\(name)\" has a value that cannot be read") }
        }
    }

    @Test("no row or two rows are an error if one is expected")
    func only() throws {
        let connection = try TestServer.connect()
        for count in [0, 2] {
            let rows = try connection.rows("select from generate_series(1, \(count))")
            #expect(
                message { () throws(PostgresError) in try rows.only() }
                    == "there are \(count) rows where one was expected")
        }
    }

    @Test("a result is a collection of its rows in order")
    func collection() throws {
        let rows = try TestServer.connect().rows("select n as number, n * 2 as twice from generate_series(1, 1000) n")
        #expect(try rows.map { try $0.integer("number") } == Array(1...1000))
        #expect(try rows.first?.integer("twice") == 2 && rows.last?.integer("twice") == 2000)
        var sum: Int64 = 0
        for row in rows { sum += try row.integer("twice") - row.integer("number") }
        #expect(sum == 500_500)
        #expect(try TestServer.connect().rows("select 1 as x where false").isEmpty)
    }

    @Test("a row can be read after its connection is closed")
    func outlive() throws {
        #expect(try TestServer.connect().rows("select 'still here' as x").first?.text("x") == "still here")
    }
}
