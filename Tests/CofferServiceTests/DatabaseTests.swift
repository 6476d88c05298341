import CofferCore
import Postgres
import POSIX
import Text
import Testing

@testable import CofferService

struct DatabaseTests {
    let user: TestUser
    let database: Database
    let request: Request
    private let lines = LogLines()

    init() throws {
        user = try TestUser(TestInstallation())
        let options = user.installation.options
        let configuration = try Configuration(environment: { options[$0] })
        database = Database(configuration, logger: lines.logger(.info))
        request = try Request([:])
    }

    private func claims() throws -> Claims {
        try AccessToken(user.token).claims(at: HTTPDate(seconds: Clock.realtimeSeconds()))
    }

    /// Moves the one file from folder `a` to folder `b`.
    private func move(read: (Rows) throws -> Int64) throws -> Int64 {
        try user.store("a/file", "content")
        let query = Query(Statement(sql: "select api.move_folder('a', 'b') as moved"))
        return try database.change(query, as: .user(claims()), for: request, read: read)
    }

    @Test(arguments: Route.allCases.filter { $0.access($0.methods[1]) == .admin })
    func `the database is not asked when an editor requests a route of admins`(route: Route) throws {
        let exchange = FakeExchange(route.methods[1].rawValue, route.path)
        let request = try Request(exchange, id: "test", basePath: "")
        let query = Query(Statement(sql: "select 1 as one"))
        let (reader, editor) = (Identity.reader(try claims()), Identity.user(try claims()))
        let read = { (rows: Rows) in try rows.only().integer("one") }
        for failure in [
            refusal { try database.run(query, as: reader, for: request, read: read) },
            refusal { try database.run(query, as: .anonymous, for: request, read: read) },
            refusal { try database.change(query, as: editor, for: request, read: read) },
        ] { #expect(failure == Failure(.forbidden)) }
        let admin = try TestUser(user.installation, role: .admin)
        let answer = try user.installation.service.answer(route.methods[1].rawValue, route.path, admin.bearer)
        #expect(answer.code == "PGRST102", "an admin's endpoint misses its arguments")
    }

    @Test func `a change is committed if its result can be read`() throws {
        #expect(try move { try $0.only().integer("moved") } == 1)
        #expect(try user.retrieve("b/file").text == "content")
    }

    @Test func `a change whose result cannot be read is rolled back, and is 500`() throws {
        let failure = refusal { try move { try $0.only().integer("count") } }
        #expect(failure == Failure(.internalError))
        #expect(try user.retrieve("a/file").text == "content")
        #expect(try user.retrieve("b/file").code == "KF002")
    }

    @Test(arguments: ["deallocate all", "set default_transaction_read_only = on"])
    func `what has happened to a kept connection costs a change nothing`(script: String) throws {
        _ = try database.change(Query(Statement(sql: "select 1"))) { try $0.only() }
        _ = try database.run([Query(Statement(sql: script))])
        lines.all = []
        #expect(try move { try $0.only().integer("moved") } == 1)
        #expect(lines.all.count == 1)
        #expect(lines.all.first?.hasPrefix("<6>level=info event=connection_replaced message=") == true)
    }

    /// Runs `body` with the name of an empty table that the worker may write.
    private func withTable(_ body: (String) throws -> Void) throws {
        let (control, name) = (user.installation.control, "public.numbers_\(UInt64.random(in: 0 ... .max))")
        try control.execute(script: "create table \(name) (number bigint)")
        try control.execute(script: "grant all on \(name) to public")
        defer { try? control.execute(script: "drop table \(name)") }
        try body(name)
    }

    @Test func `a change whose plan does not fit the schema any more is made`() throws {
        try withTable { table in
            let query = Query(Statement(name: "number", sql: "insert into \(table) values (1) returning *"))
            _ = try database.change(query) { try $0.only() }
            try user.installation.control.execute(script: "alter table \(table) add another bigint")
            _ = try database.change(query) { try $0.only() }
            #expect(try user.installation.value("select count(*) from \(table)") == "2")
        }
    }

    @Test func `a change is made once if its connection breaks before the commit`() throws {
        try withTable { table in
            let process = Query(Statement(sql: "select pg_backend_pid() as number"))
            let number = try database.run([process])[0].only().integer("number")
            let change = Statement(
                sql: """
                    insert into \(table) select pg_backend_pid()
                    returning number, case when number = $1::bigint then pg_terminate_backend(number::integer) end
                    """)
            let other = try database.change(Query(change, [.integer(number)])) { try $0.only().integer("number") }
            #expect(other != number)
            #expect(try user.installation.column("select number from \(table)") == ["\(other)"])
        }
    }

    @Test func `a transaction whose connection breaks does not go on with another one`() throws {
        try withTable { (table: String) throws -> Void in
            let insertion = Query(Statement(sql: "insert into \(table) values (1)"))
            #expect(throws: PostgresError.self) { () throws -> Void in
                try database.transaction(as: .user(claims()), for: request) { transaction in
                    _ = try transaction.run(insertion)
                    try user.installation.endConnections()
                    _ = try transaction.run(insertion)
                }
            }
            #expect(throws: PostgresError.self) { () throws -> Void in
                try database.transaction(as: .user(claims()), for: request) { transaction in
                    _ = try transaction.run(insertion)
                    try user.installation.endConnections()
                    // This one has another connection, on which a commit would succeed and store nothing.
                    _ = try database.run([Query(Statement(sql: "select 1"))])
                }
            }
            #expect(try user.installation.value("select count(*) from \(table)") == "0")
        }
    }

    @Test func `a result that cannot be read is 500 and has no default`() throws {
        let query = Query(Statement(sql: "select null::bigint as size_bytes"))
        let isNull = { (rows: Rows) in try rows.only().integer("size_bytes") }
        let isMissing = { (rows: Rows) in try rows.only().integer("size") }
        for read in [isNull, isMissing] {
            let failure = refusal { try database.run(query, as: .anonymous, for: request, read: read) }
            #expect(failure == Failure(.internalError))
        }
        let size = try database.run(query, as: .anonymous, for: request) { try $0.only().optionalInteger("size_bytes") }
        #expect(size == nil)
    }
}
