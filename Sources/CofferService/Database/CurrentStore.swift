// The store that uploads go to: the database names it, and the mark proves that the place is that store.

internal import BlobStore
internal import CofferCore
internal import Postgres
internal import Storage

struct CurrentStore {
    let database: Database
    let storage: StoreCache

    private static let statement = Statement(
        name: "store", sql: "select url, is_known, identity from internal.current_store($1)")

    /// Checks, once for each worker, that the place is the store that the database means, as the configuration may be
    /// wrong. A worker of the pool has done so when it started.
    func recognise(_ logger: Logger) throws(Failure) {
        guard !storage.isRecognised else { return }
        _ = try logger.reporting { try open() }
    }

    /// Opens the store. If the database does not answer, opens the configured store instead.
    ///
    /// - Parameter withoutRetries: true to report an outage at once, for a worker that starts.
    /// - Throws: `BlobStoreError`, with `.misconfigured` if the configuration names no store of this database, or if
    ///   the place does not carry the store's mark. `PostgresError` `.unexpectedResult` if the answer cannot be read.
    func open(withoutRetries: Bool = false) throws -> any BlobStore {
        // `Database` has recorded why it does not answer.
        guard let rows = try? database.run([Query(Self.statement, [.text(storage.configuredURL)])])[0]
        else { return try storage.store() }
        let row = try rows.only()
        guard try row.boolean("is_known") else {
            throw BlobStoreError(
                .misconfigured, "COFFER_STORAGE_URL names no store of this database: coffer storage list")
        }
        let url = try row.text("url")
        let store = withoutRetries ? try storage.storeWithoutRetries(url) : try storage.store(url)
        let identity = try row.optionalText("identity")
        try storage.stopwatch.measure { try store.requireMark(identity) }
        storage.isRecognised = true
        return store
    }
}
