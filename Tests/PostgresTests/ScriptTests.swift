import Postgres
import Testing

@Suite("Script")
struct ScriptTests {
    let connection: Connection

    init() throws {
        connection = try TestServer.connect()
    }

    private func failure(_ script: String) -> PostgresError? {
        do throws(PostgresError) {
            try connection.execute(script: script)
            return nil
        } catch {
            return error
        }
    }

    @Test("a script runs many statements, and batches work after it")
    func many() throws {
        try connection.execute(
            script: "create temporary table t (n int); insert into t values (1), (2); select * from t;")
        #expect(try connection.value("select count(*) from t") == "2")
        try connection.execute(script: "")
        try connection.execute(script: "-- nothing but a comment")
        #expect(try connection.value("select 1", name: "one") == "1")
        try connection.execute(script: "drop table t")
        #expect(try connection.value("select 1", name: "one") == "1")
    }

    @Test("a script is one transaction")
    func atomic() throws {
        #expect(failure("create temporary table t (n int); select 1 / 0; select 2")?.sqlState == "22012")
        #expect(connection.isUsable)
        #expect(connection.failure("select * from t")?.sqlState == "42P01")
    }

    @Test("a script may leave a transaction open for batches")
    func open() throws {
        try connection.execute(script: "create temporary table t (n int)")
        try connection.execute(script: "begin")
        _ = try connection.rows("insert into t values (1)")
        #expect(connection.failure("select 1 / 0")?.sqlState == "22012")
        #expect(connection.failure("select 1")?.sqlState == "25P02")
        try connection.execute(script: "rollback")
        #expect(try connection.value("select count(*) from t") == "0")
    }

    @Test("a script with COPY is refused")
    func copy() {
        #expect(failure("copy (select 1) to stdout")?.kind == .protocolViolation)
        #expect(!connection.isUsable)
    }
}
