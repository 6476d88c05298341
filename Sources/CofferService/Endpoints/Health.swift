// 3. Whether this process answers, and whether everything it needs does.

internal import BlobStore
internal import CofferCore
internal import Postgres
internal import Storage

struct Health {
    let database: Database
    let storage: StoreCache
    let logger: Logger

    private static let level = Statement(
        name: "level", sql: "select migration, code, \(ClockSkew.column) from internal.schema_level()")
    private static let anonymous = Statement(
        name: "switch", sql: "select set_config('role', 'coffer_anonymous', true)")

    /// `GET /health/live`.
    func live(_: Request) -> Response { .json(#"{"status":"live"}"#, [.noStore]) }

    /// `GET /health/ready`.
    ///
    /// - Throws: `Failure` 503 that names which part failed. Why is in the log; of the clock the answer says it, too.
    func ready(_ request: Request) throws(Failure) -> Response {
        let (database, skew) = databaseIsReady()
        // A database that is away is not waited for twice.
        let storage = storageIsReady(asking: database)
        let server = try serverAgrees(WebServer(request))
        var failed = [("database", database), ("storage", storage), ("web server", server)].filter { !$0.1 }.map(\.0)
        if let skew, !skew.isAllowed { failed.append("\(skew)") }
        guard failed.isEmpty else {
            throw Failure(.notReady, details: "Failed: " + failed.joined(separator: ", "), fields: retryAfter)
        }
        return .json(#"{"status":"ready"}"#, [.noStore])
    }

    /// Logs what is wrong with the store from the start, before an upload goes astray.
    func lookAtStore() {
        guard database.isConnected else { return }
        _ = try? logger.reporting {
            try CurrentStore(database: database, storage: storage).open(isImpatient: true)
        }
    }

    /// The connection, the schema level that this program was built for, and the role switch; and the clock.
    private func databaseIsReady() -> (Bool, ClockSkew?) {
        let ask = { () throws(PostgresError) in try database.run([Query(Self.level), Query(Self.anonymous)])[0] }
        let answer = try? logger.reporting {
            let (rows, skew) = try ClockSkew.asking(logger, ask)
            let row = try rows.only()
            return (level: SchemaLevel(migration: try row.integer("migration"), code: try row.text("code")), skew: skew)
        }
        guard let (level, skew) = answer else { return (false, nil) }
        if level != .expected {
            logger.record(
                .databaseFailed("schema level is \(level), \(SchemaLevel.expected) is needed: coffer migrate"))
        }
        return (level == .expected, skew)
    }

    /// - Parameter asksDatabase: whether the database is asked which store uploads go to.
    private func storageIsReady(asking asksDatabase: Bool) -> Bool {
        let probe: Void? = try? logger.reporting {
            let current = CurrentStore(database: database, storage: storage)
            try (asksDatabase ? current.open() : storage.store()).probe()
        }
        return probe != nil
    }

    /// The web server and the configuration change together; which store uploads go to may change before.
    private func serverAgrees(_ server: WebServer) -> Bool {
        // A store that cannot be opened has failed already.
        guard let store = try? storage.store(), let difference = try? server.difference(from: store)
        else { return true }
        logger.record(.webServerDiffers(difference))
        return false
    }
}
