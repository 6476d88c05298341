// The worker's connection, and the one way in which a request speaks to PostgreSQL: a pipeline that begins with who
// asks and ends with the answer, in one round trip and one implicit transaction.

internal import CofferCore
internal import Postgres
internal import POSIX

/// In whose name a statement runs.
enum Identity {
    case anonymous
    case user(Claims)
    /// A user's statement that leaves no trace in the audit log, and so need not be told of the request.
    case reader(Claims)

    fileprivate var claims: Claims? {
        switch self {
        case .anonymous: nil
        case .user(let claims), .reader(let claims): claims
        }
    }
}

final class Database {
    private let configuration: Configuration
    private let logger: Logger
    /// Kept between requests, as it may be thrown away at any moment.
    private var connection: Connection?

    init(_ configuration: Configuration, logger: Logger) {
        self.configuration = configuration
        self.logger = logger
    }

    private static let anonymous = Statement(
        name: "anonymous",
        sql: """
            select set_config('role', 'coffer_anonymous', true),
                set_config('coffer.request_id', $1, true), set_config('coffer.remote_address', $2, true),
                set_config('coffer.session_seconds', $3, true),
                set_config('coffer.login_failures', $4, true), set_config('coffer.login_address_failures', $5, true)
            """)

    /// Takes the role of a live session for this transaction; what becomes of one that is not live, the other function
    /// says. The view shows the one session that the setting names, so that must come first; the sub-select is evaluated
    /// where its value is needed.
    private static func takeRole(orElse function: String) -> String {
        """
        select set_config('coffer.session_id', $1, true), set_config('role', coalesce(
                (select s.database_role from internal.live_sessions s where s.user_id = $2::text::uuid and s.role = $3),
                \(function)), true),
            set_config('coffer.user_id', $2, true)
        """
    }
    private static let reader = Statement(name: "reader", sql: takeRole(orElse: "internal.refuse_session()"))
    private static let user = Statement(
        name: "user",
        // A request that began before its session expired may end after it.
        sql: takeRole(orElse: "internal.admitted_role($1::text::uuid, $2::text::uuid, $3, $7::bigint)") + """
            , set_config('coffer.request_id', $4, true), set_config('coffer.remote_address', $5, true),
            set_config('coffer.login_failures', $6, true)
            """)

    /// Runs one statement that changes nothing, in the name of `identity`, in one round trip. A connection which broke
    /// while idle is replaced without the client noticing.
    ///
    /// - Parameter read: makes what is returned of the result.
    func run<Value>(
        _ query: Query, as identity: Identity, for request: Request, isSearch: Bool = false,
        read: (Rows) throws -> Value
    ) throws(Failure) -> Value {
        try reporting(isSearch: isSearch) {
            try read(try run(try opening(identity, for: request, isSearch: isSearch) + [query]).last!)
        }
    }

    /// The same, and all of the result.
    func run(_ query: Query, as identity: Identity, for request: Request) throws(Failure) -> Rows {
        try run(query, as: identity, for: request, read: { $0 })
    }

    /// Asks whether the session still lives, and nothing else.
    ///
    /// - Throws: `Failure` `.sessionEnded`.
    func confirm(_ identity: Identity, for request: Request) throws(Failure) {
        let opening = try opening(identity, for: request)
        _ = try mapError(to: Failure.self) { try run([opening]) }
    }

    /// Runs a change that stays only if `read` understands its result and accepts it.
    ///
    /// It takes a second round trip: the commit is sent when all else has been answered, so that what was given up
    /// before is never carried out, however late the server gets to it.
    ///
    /// - Throws: `Failure`, and nothing was changed; but `.outcomeUnknown` where the commit had no answer.
    func change<Value>(
        _ query: Query, as identity: Identity, for request: Request, isSearch: Bool = false,
        read: (Rows) throws -> Value
    ) throws(Failure) -> Value {
        try reporting(isSearch: isSearch) {
            try change(try opening(identity, for: request, isSearch: isSearch) + [query], read: read)
        }
    }

    /// Runs a change whatever it answers.
    func change(_ query: Query, as identity: Identity, for request: Request) throws(Failure) -> Rows {
        try change(query, as: identity, for: request, read: { $0 })
    }

    /// Runs a change as the worker's own role. It stays only if `read` accepts its result.
    func change<Value>(_ query: Query, read: (Rows) throws -> Value) throws(Failure) -> Value {
        try reporting { try change([query], read: read) }
    }

    private func change<Value>(_ queries: [Query], read: (Rows) throws -> Value) throws -> Value {
        let value: Value
        do {
            value = try read(try run([Query(Self.begin)] + queries, isRepeatable: false).last!)
        } catch {
            rollback()
            throw error
        }
        try commit()
        return value
    }

    /// On the connection that has the transaction and on no other: a new one would commit nothing, and agree.
    private func commit() throws {
        guard let kept = connection, kept.isUsable else {
            // Nothing was sent. What a lost connection leaves the server rolls back.
            connection = nil
            throw PostgresError(.connection, message: "the connection was lost before the commit")
        }
        do {
            _ = try finish { () throws(PostgresError) in try kept.run([Query(Self.commit)]) }
        } catch {
            throw error.kind == .statement ? error as any Error : Self.unknown
        }
    }

    private static let unknown = Failure(
        .outcomeUnknown, details: "The database did not answer the commit",
        hint: "Check whether the change was made before you repeat it", fields: retryAfter)

    /// A transaction that cannot be rolled back ends with its connection.
    private func rollback() {
        if let connection, connection.isUsable, (try? connection.run([Query(Self.rollback)])) != nil { return }
        connection = nil
    }

    private static let begin = Statement(name: "begin", sql: "begin")
    private static let commit = Statement(name: "commit", sql: "commit")
    private static let rollback = Statement(name: "rollback", sql: "rollback")

    /// Reports a search that the server has cancelled in words of its own.
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

    /// How long a search by pattern may take. Below a second, so that whoever waits for this worker waits no longer.
    private static let searchLimit = Duration.milliseconds(900)
    private static let search = Statement(
        name: "search", sql: "select internal.begin_search($1::text::uuid, $2::integer, $3::integer)")

    /// Lets a user have few searches by pattern at once, and each take little time.
    private func search(by claims: Claims) -> Query {
        // A quarter of the pool: other users' requests find a worker whatever one user asks.
        let limit = max(1, configuration.workers / 4)
        return Query(
            Self.search,
            [.text(claims.userID), .integer(Int64(limit)), .integer(Self.searchLimit.milliseconds)])
    }

    /// The statements that take the identity, with their values.
    private func opening(_ identity: Identity, for request: Request, isSearch: Bool) throws(Failure) -> [Query] {
        // The database refuses as well, and at this moment: what is wrong with the arguments has been said by now.
        if request.route.access(request.method) == .admin, identity.claims?.role != .admin { throw Failure(.forbidden) }
        let opening = try opening(identity, for: request)
        guard isSearch, let claims = identity.claims else { return [opening] }
        // As the login role: no request role may call it.
        return [search(by: claims), opening]
    }

    /// The statement that takes the identity, with its values.
    private func opening(_ identity: Identity, for request: Request) throws(Failure) -> Query {
        let origin = [Parameter.text(request.id), .text(try request.text(.remoteAddress) ?? "")]
        switch identity {
        case .anonymous:
            let limits = [
                configuration.sessionSeconds, configuration.loginFailures, configuration.loginAddressFailures,
            ]
            return Query(Self.anonymous, origin + limits.map { .text(String($0)) })
        case .user(let claims):
            // A wrong current password counts as a failed login.
            let limit = Parameter.text(String(configuration.loginFailures))
            return Query(Self.user, Self.parameters(claims) + origin + [limit, .integer(request.began.age)])
        case .reader(let claims): return Query(Self.reader, Self.parameters(claims))
        }
    }

    private static func parameters(_ claims: Claims) -> [Parameter] {
        [.text(claims.sessionID), .text(claims.userID), .text(claims.role.rawValue)]
    }

    /// Ends a statement on the server before the worker gives up. Where a pooler stands between, which may refuse it as a
    /// connection's option, it goes with each batch.
    private var statementTimeout: Duration { configuration.databaseTimeout * 0.9 }
    private static let timeout = Statement(sql: "select set_config('statement_timeout', $1, true)")

    /// Runs a pipeline as the worker's own role, or as the role that one of its statements takes.
    func run(_ queries: [Query], isRepeatable: Bool = true) throws(PostgresError) -> [Rows] {
        if configuration.preparesStatements { return try send(queries, isRepeatable: isRepeatable) }
        let timeout = Query(Self.timeout, [.text(String(statementTimeout.milliseconds))])
        return Array(try send([timeout] + queries, isRepeatable: isRepeatable).dropFirst())
    }

    private func send(_ queries: [Query], isRepeatable: Bool) throws(PostgresError) -> [Rows] {
        if let kept = connection, isRepeatable {
            do {
                return try finish { () throws(PostgresError) in try kept.run(queries) }
            } catch {
                guard connection == nil, error.kind != .timeout, error.sqlState != "57014" else { throw error }
                // It broke while idle, as when the server was restarted: once more with a new one.
            }
        }
        // What must not run twice gets no second try, so a connection that broke while idle is found out before.
        if connection?.isUsable == false { connection = nil }
        return try finish { () throws(PostgresError) in try open().run(queries) }
    }

    /// Whether there is a connection, so that whoever need not ask now can spare making one.
    var isConnected: Bool { connection != nil }

    /// Asks what requests ask, in nobody's name: a connection's first questions take the server milliseconds of reading
    /// its catalog.
    func warmUp() {
        let session = Query(Statement(sql: "select database_role from internal.live_sessions"))
        let role = Query(Statement(sql: "select set_config('role', 'coffer_editor', true)"))
        guard let parameters = try? QueryParameters("order=file_path"),
            let query = try? TableQuery(parameters, relation: .files(for: .editor)),
            let window = try? query.rowRange(range: nil, maximum: 1)
        else { return }
        _ = try? run([session, role, Query(query.select(window, as: .json, counting: false))])
        try? connection?.prepare([Self.reader, Self.user])
    }

    private func open() throws(PostgresError) -> Connection {
        if let connection { return connection }
        let fresh = try Connection(
            configuration.databaseURL, timeout: configuration.databaseTimeout,
            preparesStatements: configuration.preparesStatements,
            statementTimeout: configuration.preparesStatements ? statementTimeout : nil, applicationName: "coffer")
        connection = fresh
        return fresh
    }

    /// Forgets a connection that is of no use any more, also where its last answer came late.
    private func finish(_ body: () throws(PostgresError) -> [Rows]) throws(PostgresError) -> [Rows] {
        do {
            let rows = try body()
            if connection?.isGivenUp == true { connection = nil }
            return rows
        } catch {
            if connection?.isUsable == false { connection = nil }
            // Statement errors that are ours to mend; the others are the client's.
            if Failure(error).kind.status >= 500 { logger.record(.databaseFailed(error.description)) }
            throw error
        }
    }
}

extension Query {
    /// A table's query, never prepared: its text is different every time.
    init(_ sql: BoundSQL) {
        self.init(Statement(sql: sql.text), sql.values.map { $0.map { .text($0) } ?? .null })
    }
}
