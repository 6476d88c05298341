import Postgres
import Testing

@Suite("Pipeline")
struct PipelineTests {
    let connection: Connection

    init() throws {
        connection = try TestServer.connect()
    }

    private func query(_ sql: String, _ parameters: [Parameter] = [], name: String = "") -> Query {
        Query(Statement(name: name, sql: sql), parameters)
    }

    private var preparedNames: String? {
        get throws { try connection.value("select string_agg(name, ',' order by name) from pg_prepared_statements") }
    }

    @Test("an array is bound with all its elements, whatever they contain")
    func arrays() throws {
        let elements = ["", "null", "a,b", "{}", "\"", "\"\u{301}", "\\", " x ", "ä\n"]
        let sql = "select e from unnest($1::text[]) with ordinality as t (e, n) order by n"
        let rows = try connection.run([query(sql, [.array(elements)])])[0]
        #expect(try rows.map { try $0.text("e") } == elements)
        let sum = query("select sum(e)::text from unnest($1::smallint[]) e", [.array([1, 2])])
        #expect(try connection.run([sum])[0].only().texts == ["3"])
        let empty = query("select cardinality($1::smallint[])::text", [.array([Int]())])
        #expect(try connection.run([empty])[0].only().texts == ["0"])
    }

    @Test("a batch returns one result for each query, in order")
    func order() throws {
        let results = try connection.run((1...20).map { query("select $1::int * 2 as double", [.integer($0)]) })
        #expect(try results.map { try $0.only().integer("double") } == (1...20).map { $0 * 2 })
        #expect(try connection.run([]).isEmpty)
    }

    @Test("a failure rolls back the queries before it")
    func atomic() throws {
        try connection.execute(script: "create temporary table t (n int primary key)")
        #expect(throws: PostgresError.self) {
            try connection.run([
                query("insert into t values (1)"), query("insert into t values (1)"), query("insert into t values (2)"),
            ])
        }
        #expect(try connection.value("select count(*) from t") == "0")
        #expect(connection.isUsable)
    }

    @Test("a commit that a deferred constraint refuses is reported, and the connection stays usable")
    func deferred() throws {
        try connection.execute(
            script: "create temporary table t (n int unique deferrable initially deferred); insert into t values (1)")
        let error = connection.failure("insert into t values (1)")
        #expect(error?.sqlState == "23505" && error?.constraint == "t_n_key")
        #expect(connection.isUsable)
        #expect(try connection.value("select count(*) from t") == "1")
    }

    @Test("local settings end with the batch")
    func local() throws {
        let results = try connection.run([
            query("select set_config('coffer.user_id', $1, true)", [.text("someone")]),
            query("select current_setting('coffer.user_id')"),
        ])
        #expect(try results[1].only().texts == ["someone"])
        #expect(try connection.value("select current_setting('coffer.user_id', true)") == "")
    }

    @Test("a named statement is prepared once")
    func prepared() throws {
        for number in 1...3 {
            let results = try connection.run([
                query("select $1::int", [.integer(Int64(number))], name: "one"),
                query("select $1::int", [.integer(Int64(number + 1))], name: "one"),
            ])
            #expect(try results[1].only().texts == ["\(number + 1)"])
        }
        #expect(try preparedNames == "one")
    }

    @Test("without preparesStatements nothing is prepared")
    func unprepared() throws {
        let connection = try TestServer.connect(preparesStatements: false)
        #expect(try connection.value("select 1", name: "one") == "1")
        #expect(try connection.value("select count(*) from pg_prepared_statements") == "0")
    }

    @Test("after a failure, statements prepared before it are kept, and later ones are prepared again")
    func preparedAndFailed() throws {
        #expect(throws: PostgresError.self) {
            try connection.run([
                query("select 1", name: "before"), query("select 1 / $1::int", [.integer(0)], name: "failing"),
                query("select 2", name: "after"),
            ])
        }
        #expect(try preparedNames == "before,failing")
        let results = try connection.run([
            query("select 1", name: "before"), query("select 1 / $1::int", [.integer(1)], name: "failing"),
            query("select 2", name: "after"),
        ])
        #expect(try results.map { try $0.only().texts } == [["1"], ["1"], ["2"]])
    }

    @Test("a statement that could not be parsed can be prepared later")
    func unparsable() throws {
        #expect(connection.failure("select * from later", name: "later")?.sqlState == "42P01")
        try connection.execute(script: "create temporary table later as select 5")
        #expect(try connection.value("select * from later", name: "later") == "5")
    }

    @Test("a connection whose server has lost a prepared statement is lost")
    func lost() throws {
        #expect(try connection.value("select 1", name: "one") == "1")
        try connection.execute(script: "deallocate all")
        #expect(connection.failure("select 1", name: "one")?.sqlState == "26000")
        #expect(!connection.isUsable)
    }

    @Test("a statement that the server has already is used, as behind a pooler")
    func held() throws {
        try connection.execute(script: "prepare one as select 1")
        #expect(connection.failure("select 1", name: "one")?.sqlState == "42P05")
        #expect(try connection.value("select 1", name: "one") == "1")
    }

    @Test("a connection whose plans no longer fit the schema is lost")
    func stalePlan() throws {
        try connection.execute(script: "create temporary table t (n int)")
        _ = try connection.rows("select * from t", name: "all")
        try connection.execute(script: "alter table t add column m int")
        #expect(connection.failure("select * from t", name: "all")?.sqlState == "0A000")
        #expect(!connection.isUsable)
    }

    @Test("a connection whose server takes no changes any longer is lost, once it has refused one")
    func readOnly() throws {
        try connection.execute(script: "set default_transaction_read_only = on")
        #expect(try connection.value("select 1") == "1")
        #expect(connection.hasBecomeReadOnly)
        #expect(connection.isUsable)
        #expect(connection.failure("create table t (n int)")?.sqlState == "25006")
        #expect(!connection.isUsable)
    }
}
