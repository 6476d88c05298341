// 3. Whether this process answers, and whether everything it needs does.

internal import BlobStore
internal import CofferCore
internal import Postgres

struct Health {
    let database: Database
    let storage: Storage
    let journal: Journal

    private static let level = Statement(name: "level", sql: "select internal.migration_level()")
    private static let anonymous = Statement(
        name: "switch", sql: "select set_config('role', 'coffer_anonymous', true)")

    private static let store = Statement(name: "store", sql: "select url, is_known from internal.current_store($1)")

    /// `GET /health/live`.
    func live() -> Response { .json(#"{"status":"live"}"#, [.noStore]) }

    /// `GET /health/ready`.
    ///
    /// - Throws: `Failure` 503 that names which part failed. Why is in the log, not in the answer.
    func ready() throws(Failure) -> Response {
        let database = databaseIsReady()
        // A database that is away is not waited for twice.
        let storage = storageIsReady(asking: database)
        let failed = [("database", database), ("storage", storage)].filter { !$0.1 }.map(\.0)
        guard failed.isEmpty else {
            throw Failure(.notReady, details: "Failed: " + failed.joined(separator: ", "), fields: retryAfter)
        }
        return .json(#"{"status":"ready"}"#, [.noStore])
    }

    /// The connection, the migration level this program was built for, and the role switch.
    private func databaseIsReady() -> Bool {
        guard let rows = try? database.run([Query(Self.level), Query(Self.anonymous)]) else { return false }
        let level = rows[0].integer(0, 0) ?? 0
        if level != Schema.level {
            journal.record(.databaseFailed("migration level is \(level), \(Schema.level) is needed: coffer migrate"))
        }
        return level == Schema.level
    }

    /// - Parameter asksDatabase: whether the database is asked which store uploads go to.
    private func storageIsReady(asking asksDatabase: Bool) -> Bool {
        do throws(BlobStoreError) {
            let url = asksDatabase ? try currentStore() : nil
            // Why it cannot be opened is in the log already.
            guard let store = try? storage.store(url) else { return false }
            try store.probe()
            return true
        } catch {
            journal.record(.storageFailed(error.description))
            return false
        }
    }

    /// The URL of the store that uploads go to; that of the configuration when the database does not tell.
    private func currentStore() throws(BlobStoreError) -> String? {
        let query = Query(Self.store, [.text(storage.configured)])
        guard let rows = try? database.run([query])[0], rows.count == 1 else { return nil }
        guard rows.boolean(0, 1) == true else {
            throw BlobStoreError(
                .misconfigured, "COFFER_STORAGE_URL names no store of this database: coffer storage list")
        }
        return rows.text(0, 0)
    }
}
