// The worker's connection, and the only way from a request to PostgreSQL: a pipeline that first takes the caller's
// identity and then runs the query, in one round trip and one implicit transaction.

internal import CofferCore
internal import Monitoring
internal import Postgres
internal import POSIX
internal import Storage

final class Database {
    private let configuration: Configuration
    private let logger: Logger
    /// Kept between requests. It can be dropped at any time.
    private var connection: Connection?
    /// The time that the request has waited for the database.
    let stopwatch = Stopwatch()

    init(_ configuration: Configuration, logger: Logger) {
        self.configuration = configuration
        self.logger = logger
    }

    /// Runs a statement that changes nothing, or that may be repeated, in one round trip.
    ///
    /// - Parameters:
    ///   - isSearch: whether the statement searches by pattern, which is limited in number and time.
    ///   - read: converts the result.
    func run<Value>(
        _ query: Query, as identity: Identity, for request: Request, isSearch: Bool = false,
        read: (Rows) throws -> Value
    ) throws(Failure) -> Value {
        try reporting(isSearch: isSearch) {
            try read(try run(try opening(identity, for: request, isSearch: isSearch) + [query]).last!)
        }
    }

    /// Runs a statement that changes nothing, and returns its rows.
    func run(_ query: Query, as identity: Identity, for request: Request) throws(Failure) -> Rows {
        try run(query, as: identity, for: request, read: { $0 })
    }

    /// Checks that the session is still live, and does nothing else.
    ///
    /// - Throws: `Failure` `.sessionEnded`.
    func confirm(_ identity: Identity, for request: Request) throws(Failure) {
        let identity = try identity.query(for: request, configuration)
        _ = try mapError(to: Failure.self) { try run([identity]) }
    }

    /// Runs a change. It is committed only if `read` can convert the result, and does not refuse it by throwing.
    ///
    /// The commit takes a second round trip, after the change has been answered. So a change that the worker gives up
    /// before is never carried out, even if the server executes it later.
    ///
    /// The commit itself does not wait for the disk, so the locks of the change are not held meanwhile. A second
    /// transaction of the same round trip waits for both. Until then others may see a change that a crash would undo.
    ///
    /// - Throws: `Failure`. Then nothing was changed, except for `.outcomeUnknown`: the commit was not answered.
    ///
    /// - Parameter isLong: whether it may change a hundred thousand rows, and so may take half a minute.
    func change<Value>(
        _ query: Query, as identity: Identity, for request: Request, isSearch: Bool = false, isLong: Bool = false,
        read: (Rows) throws -> Value
    ) throws(Failure) -> Value {
        try reporting(isSearch: isSearch) {
            let opening = try opening(identity, for: request, isSearch: isSearch)
            guard isLong else { return try change(opening + [query], read: read) }
            let limit = max(Self.longChange, configuration.databaseTimeout)
            return try change(opening + [Self.statementTimeout(limit), query], within: limit, read: read)
        }
    }

    /// Less than web servers wait for a worker.
    private static let longChange = Duration.seconds(30)

    /// Runs a change, and returns its rows.
    func change(_ query: Query, as identity: Identity, for request: Request) throws(Failure) -> Rows {
        try change(query, as: identity, for: request, read: { $0 })
    }

    /// Runs a change as the worker's own role. It stays only if `read` accepts its result.
    func change<Value>(_ query: Query, read: (Rows) throws -> Value) throws(Failure) -> Value {
        try reporting { try change([query], read: read) }
    }

    /// Runs several statements in one transaction, with other work between them. It is rolled back if `body` throws,
    /// and committed as in `change` if `body` has not done so.
    ///
    /// - Throws: the error of `body` as it is. The caller records and converts it.
    func transaction<Value>(
        as identity: Identity, for request: Request, _ body: (Transaction) throws -> Value
    ) throws -> Value {
        let transaction = Transaction(self, Self.begins + (try opening(identity, for: request, isSearch: false)))
        do {
            let value = try body(transaction)
            if transaction.isOpen { try transaction.commit() }
            return value
        } catch {
            if transaction.isOpen { rollback() }
            throw error
        }
    }

    /// A transaction that has several statements.
    final class Transaction {
        private let database: Database
        /// Sent with the first statement, then nil.
        private var opening: [Query]?
        /// The connection that has the transaction.
        private var connection: Connection?
        private(set) var isOpen = true

        fileprivate init(_ database: Database, _ opening: [Query]) {
            (self.database, self.opening) = (database, opening)
        }

        func run(_ query: Query) throws(PostgresError) -> Rows {
            guard let opening else { return try database.run([query], on: connection).last! }
            let rows = try database.run(opening + [query]).last!
            (self.opening, connection) = (nil, database.connection)
            return rows
        }

        func commit() throws {
            isOpen = false
            try database.commit(on: connection)
        }
    }

    private func change<Value>(
        _ queries: [Query], within limit: Duration? = nil, read: (Rows) throws -> Value
    ) throws -> Value {
        let value: Value
        do {
            value = try read(try run(Self.begins + queries, within: limit).last!)
        } catch {
            rollback()
            throw error
        }
        try commit(on: connection)
        return value
    }

    private func commit(on kept: Connection?) throws {
        // No commit was sent if the connection is lost, so the server rolls the transaction back.
        let kept = try usable(kept)
        do {
            _ = try finish { () throws(PostgresError) in try kept.run([Query(Self.commit), Query(Self.waitForDisk)]) }
        } catch {
            // A deferred constraint refuses in the commit.
            let isRefused = error.kind == .statement && error.statement == Self.commit.name
            throw isRefused ? error as any Error : Self.unknown
        }
    }

    /// Goes on with a transaction. A new connection would run the queries outside of it, and would commit nothing
    /// without an error.
    ///
    /// - Parameter kept: the connection that has the transaction.
    private func run(_ queries: [Query], on kept: Connection?) throws(PostgresError) -> [Rows] {
        let kept = try usable(kept)
        return try finish { () throws(PostgresError) in try kept.run(queries) }
    }

    private func usable(_ kept: Connection?) throws(PostgresError) -> Connection {
        if let kept, kept === connection, kept.isUsable { return kept }
        throw PostgresError(.connection, message: "the connection was lost in a transaction")
    }

    /// Runs a query whose result may be too large for memory, and calls `read` with each row. All rows are of one
    /// snapshot, which ends before this returns.
    ///
    /// - Parameter isChange: whether the query changes something, which is then committed as `change` does.
    /// - Throws: `Failure`. Then nothing was changed, except for `.outcomeUnknown`.
    func forEachRow(
        of query: Query, as identity: Identity, for request: Request, isChange: Bool, read: (Row) throws -> Void
    ) throws(Failure) {
        try reporting {
            let cursor = Query(
                Statement(sql: "declare result no scroll cursor for \(query.statement.sql)"), query.parameters)
            let opening = try opening(identity, for: request, isSearch: false)
            do {
                var page = try run(Self.begins + opening + [cursor, Query(Self.fetch)]).last!
                while true {
                    for row in page { try read(row) }
                    if page.count < Self.pageSize { break }
                    page = try run([Query(Self.fetch)], on: connection)[0]
                }
            } catch {
                rollback()
                throw error
            }
            if isChange { try commit(on: connection) } else { rollback() }
        }
    }

    private static let pageSize = 1000
    private static let fetch = Statement(sql: "fetch \(pageSize) from result")

    /// Waits until everything that other connections have committed is on the disk. Call it before something outside
    /// of the database is removed because of what a transaction has read.
    func waitForDisk() throws(PostgresError) {
        _ = try connect().run([Query(Self.waitForDisk)])
    }

    private static let unknown = Failure(
        .outcomeUnknown, details: "The database did not answer the commit",
        hint: "Check whether the change was made before you repeat it", fields: retryAfter)

    /// Rolls back. If that fails, the connection is closed, which ends the transaction.
    private func rollback() {
        let isRolledBack = stopwatch.measure {
            guard let connection, connection.isUsable else { return false }
            return (try? connection.run([Query(Self.rollback)])) != nil
        }
        if !isRolledBack { connection = nil }
    }

    /// Begins a transaction whose commit does not wait for the disk.
    private static let begins = [
        Query(Statement(name: "begin", sql: "begin")),
        Query(Statement(name: "off", sql: "set local synchronous_commit to off")),
    ]
    private static let commit = Statement(name: "commit", sql: "commit")
    private static let waitForDisk = Statement(name: "disk", sql: "select internal.wait_for_disk()")
    private static let rollback = Statement(name: "rollback", sql: "rollback")

    /// Records and converts errors. A search that the server has cancelled gets a failure of its own.
    private func reporting<Value>(isSearch: Bool = false, _ body: () throws -> Value) throws(Failure) -> Value {
        try logger.reporting {
            do {
                return try body()
            } catch let error as PostgresError where isSearch && error.sqlState == "57014" {
                throw Self.patternTooSlow
            }
        }
    }

    private static let patternTooSlow = Failure(
        .patternTooSlow, details: "A search by pattern may take \(searchLimit.milliseconds) ms",
        hint: "Search below one folder, or for the beginning of a path: like.folder/*")

    /// How long a search by pattern may take: less than a second, as other requests may wait for this worker.
    private static let searchLimit = Duration.milliseconds(900)
    private static let search = Statement(
        name: "search", sql: "select internal.begin_search($1::text::uuid, $2::integer, $3::integer)")

    /// Limits how many searches by pattern a user has at once, and how long each may take.
    private func search(by claims: Claims) -> Query {
        // A quarter of the pool, so that the requests of other users still find a worker.
        let limit = max(1, configuration.workers / 4)
        return Query(
            Self.search,
            [.text(claims.userID), .integer(Int64(limit)), .integer(Self.searchLimit.milliseconds)])
    }

    /// The queries that come before the request's own.
    private func opening(_ identity: Identity, for request: Request, isSearch: Bool) throws(Failure) -> [Query] {
        // The database refuses it as well. Here the arguments have been checked, whose errors are reported first.
        if request.route.access(request.method) == .admin, identity.claims?.role != .admin { throw Failure(.forbidden) }
        let query = try identity.query(for: request, configuration)
        guard isSearch, let claims = identity.claims else { return [query] }
        // Only the login role may call `begin_search`, so it comes first.
        return [search(by: claims), query]
    }

    /// After this time the server ends a statement: before the worker gives up.
    private static func statementTimeout(_ limit: Duration) -> Query {
        Query(timeout, [.text(String((limit * patience).milliseconds))])
    }
    private static let timeout = Statement(sql: "select set_config('statement_timeout', $1, true)")
    private static let patience = 0.9

    /// The server's settings for requests. They belong to the connection. Some poolers refuse that, so they are sent
    /// with each batch if statements are not prepared.
    ///
    /// Requests look rows up by keys and read lists along indexes. PostgreSQL would rather scan a table that was small
    /// when it was analyzed, and prepared statements go on doing so while the table grows. Where there is no index it
    /// still scans, but takes that for so much work that it would compile the plan.
    private var settings: KeyValuePairs<String, String> {
        let limit = configuration.databaseTimeout * Self.patience
        return ["statement_timeout": String(limit.milliseconds), "enable_seqscan": "off", "jit": "off"]
    }

    /// Runs a pipeline as the worker's own role, or as the role that one of its statements takes. Unless it begins a
    /// transaction, it is committed at its end, so it must do no harm if it is run twice.
    ///
    /// It is sent again on a new connection if the server has closed the kept one or has become read-only, or if its
    /// prepared statements no longer fit, but not after a timeout.
    func run(_ queries: [Query], within limit: Duration? = nil) throws(PostgresError) -> [Rows] {
        if configuration.preparesStatements { return try send(queries, within: limit) }
        let calls = settings.map { "set_config('\($0)', '\($1)', true)" }
        let setting = Query(Statement(sql: "select \(calls.joined(separator: ", "))"))
        return Array(try send([setting] + queries, within: limit).dropFirst())
    }

    private func send(_ queries: [Query], within limit: Duration?) throws(PostgresError) -> [Rows] {
        if let kept = connection {
            do {
                let results = try attempt { () throws(PostgresError) in try kept.run(queries, within: limit) }
                if !kept.hasBecomeReadOnly { return results }
                logger.record(.connectionReplaced("the server has become read-only"))
            } catch {
                let isTooSlow = error.kind == .timeout || error.sqlState == "57014"
                guard !isTooSlow, connection == nil || kept.hasBecomeReadOnly else { throw recorded(error) }
                logger.record(.connectionReplaced(error.description))
            }
            // Without its connection, a transaction that the pipeline has begun is rolled back.
            connection = nil
        }
        return try finish { () throws(PostgresError) in try open().run(queries, within: limit) }
    }

    /// The figures for the metrics. nil if the database does not answer. The reason is recorded.
    func figures() -> DatabaseFigures? {
        try? logger.reporting { try DatabaseFigures(try run([Query(DatabaseFigures.statement)])[0].only()) }
    }

    /// Whether there is a connection. Work that can wait should not make one.
    var isConnected: Bool { connection != nil }

    /// Runs statements like those of requests, without a user. A connection's first statements take milliseconds
    /// longer, as the server reads its catalog. Errors are recorded, and the next request tries again.
    func warmUp() {
        let session = Query(Statement(sql: "select database_role from internal.live_sessions"))
        let role = Query(Statement(sql: "select set_config('role', 'coffer_editor', true)"))
        guard let parameters = try? QueryParameters("order=file_path"),
            let query = try? TableQuery(parameters, relation: .files(for: .editor)),
            let window = try? query.rowRange(range: nil, maximum: 1)
        else { return }
        _ = try? run([session, role, Query(query.select(window, as: .json, counting: false))])
        try? connection?.prepare(Identity.frequent)
    }

    private func open() throws(PostgresError) -> Connection {
        if let connection { return connection }
        let fresh = try connect()
        connection = fresh
        return fresh
    }

    private func connect() throws(PostgresError) -> Connection {
        try Connection(
            configuration.databaseURL, timeout: configuration.databaseTimeout,
            preparesStatements: configuration.preparesStatements,
            settings: configuration.preparesStatements ? settings : [:],
            applicationName: "coffer")
    }

    /// Runs `body`, and records errors that are not the client's.
    private func finish(_ body: () throws(PostgresError) -> [Rows]) throws(PostgresError) -> [Rows] {
        do { return try attempt(body) } catch { throw recorded(error) }
    }

    /// Runs `body`, and drops the connection if it cannot be used any more.
    private func attempt(_ body: () throws(PostgresError) -> [Rows]) throws(PostgresError) -> [Rows] {
        do {
            let rows = try stopwatch.measure(body)
            if connection?.isGivenUp == true { connection = nil }
            return rows
        } catch {
            if connection?.isUsable == false { connection = nil }
            throw error
        }
    }

    private func recorded(_ error: PostgresError) -> PostgresError {
        // The client's request causes the other errors.
        if Failure(error).kind.status >= 500 { logger.record(.databaseFailed(error.description)) }
        return error
    }
}

extension Query {
    /// A query of a table. Its text differs from request to request, so it is never prepared.
    init(_ sql: BoundSQL) {
        self.init(Statement(sql: sql.text), sql.values.map { $0.map { .text($0) } ?? .null })
    }
}
