import Postgres
import Testing

@Suite("PostgresError")
struct PostgresErrorTests {
    let connection: Connection

    init() throws {
        connection = try TestServer.connect()
    }

    @Test("an error has the fields of the server's message")
    func fields() throws {
        try connection.execute(
            script: """
                create function pg_temp.refuse() returns void language plpgsql as $$
                begin
                    raise exception using errcode = 'KF002', message = 'File not found.', detail = 'More.', hint = 'Look.';
                end $$;
                create temporary table t (n int constraint positive check (n > 0))
                """)
        let error = try #require(connection.failure("select pg_temp.refuse()"))
        #expect(error.kind == .statement && error.sqlState == "KF002")
        #expect(error.message == "File not found." && error.detail == "More." && error.hint == "Look.")
        #expect(error.description == "statement KF002: File not found.")
        #expect(connection.failure("insert into t values (0)")?.constraint == "positive")
    }

    @Test(
        "a message never contains a bound value",
        arguments: [
            "select $1::text::int", "select $1::uuid", "select $1::timestamptz", "select $1::text::json",
            "select $1::text::regclass", "select $1::text::regrole", "select set_config('role', $1, true)",
            "select set_config('work_mem', $1, true)", "select $1::int[]", "select to_date($1, 'YYYY')",
        ])
    func redacted(sql: String) throws {
        for value in ["s3cret(", "s3cret\"(\" \"", "{s3cret,\"}"] {
            for name in ["", "named"] {
                let error = try #require(connection.failure(sql, [.text(value)], name: name))
                #expect(!"\(error)".contains("s3cret"), "\(error)")
                #expect(!String(reflecting: error).contains("s3cret"))
            }
        }
    }

    @Test("names of relations and columns stay in the message")
    func names() {
        #expect(connection.failure("select wrong")?.message == "column \"wrong\" does not exist")
        #expect(
            connection.failure("select $1::uuid", [.text("x")])?.message == "invalid input syntax for type uuid: \"…\"")
    }

    @Test("a text with U+0000 is refused before anything is sent")
    func zero() throws {
        #expect(connection.failure("select $1::text", [.text("a\0b")])?.sqlState == "22021")
        #expect(try connection.value("select 1") == "1")
    }

    @Test("the connection stays usable after any number of errors")
    func recovery() throws {
        for _ in 1...50 {
            #expect(connection.failure("select 1 / 0")?.sqlState == "22012")
            #expect(try connection.value("select 1") == "1")
        }
    }

    @Test("too many parameters are a protocol violation")
    func tooMany() throws {
        let error = connection.failure("select 1", Array(repeating: .null, count: 70_000))
        #expect(error?.kind == .protocolViolation)
        #expect(!connection.isUsable)
    }

    @Test("COPY is a protocol violation")
    func copy() throws {
        #expect(connection.failure("copy (select 1) to stdout")?.kind == .protocolViolation)
        #expect(!connection.isUsable)
    }
}
