// 3. Whether this process answers, and whether everything that it needs is available.

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
    /// - Throws: `Failure` 503 with the names of the parts that failed, and the clock's difference if it is too large. The
    ///   reasons are in the log.
    func ready(_ request: Request) throws(Failure) -> Response {
        let (database, skew) = databaseIsReady()
        // If the database is unavailable, do not wait for it a second time.
        let storage = storageIsReady(asking: database)
        let server = try serverAgrees(WebServer(request))
        var failed = [("database", database), ("storage", storage), ("web server", server)].filter { !$0.1 }.map(\.0)
        if let skew, !skew.isAllowed { failed.append("\(skew)") }
        guard failed.isEmpty else {
            throw Failure(.notReady, details: "Failed: " + failed.joined(separator: ", "), fields: retryAfter)
        }
        return .json(#"{"status":"ready"}"#, [.noStore])
    }

    /// Records what is wrong with the store when a worker starts, before an upload fails or goes to a wrong place.
    func checkStore() {
        guard database.isConnected else { return }
        _ = try? logger.reporting {
            try CurrentStore(database: database, storage: storage).open(withoutRetries: true)
        }
    }

    /// Checks that the database answers, has the schema level of this program and lets the worker switch its role.
    /// Also measures the clock's difference.
    private func databaseIsReady() -> (Bool, ClockSkew?) {
        let ask = { () throws(PostgresError) in try database.run([Query(Self.level), Query(Self.anonymous)])[0] }
        let answer = try? logger.reporting {
            let (rows, skew) = try ClockSkew.measuring(logger, ask)
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

    /// - Parameter asksDatabase: whether to ask the database which store uploads go to. If false, the configured store
    ///   is checked.
    private func storageIsReady(asking asksDatabase: Bool) -> Bool {
        let probe: Void? = try? logger.reporting {
            let current = CurrentStore(database: database, storage: storage)
            let store = try asksDatabase ? current.open() : storage.store()
            try storage.stopwatch.measure { try store.probe() }
        }
        return probe != nil
    }

    /// Compares the web server with the configured store, which may differ from the one that uploads go to: while
    /// blobs are moved, the database changes first, and then both configurations together.
    private func serverAgrees(_ server: WebServer) -> Bool {
        // A store that cannot be opened is not compared. `storageIsReady` reports it if it is the current one.
        guard let store = try? storage.store(), let difference = try? server.difference(from: store)
        else { return true }
        logger.record(.webServerDiffers(difference))
        return false
    }
}
