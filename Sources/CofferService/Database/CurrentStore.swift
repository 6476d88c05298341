// The store that uploads go to, as the database names it, and the proof that the place is that store.

internal import BlobStore
internal import CofferCore
internal import Postgres
internal import Storage

struct CurrentStore {
    let database: Database
    let storage: StoreCache

    private static let statement = Statement(
        name: "store", sql: "select url, is_known, identity from internal.current_store($1)")

    /// Opens it, and that of the configuration when the database does not answer.
    ///
    /// - Parameter isImpatient: whether an outage is reported at once, for a worker that starts.
    /// - Throws: `.misconfigured` where the configuration names no store of the database, or another place than it means.
    func open(isImpatient: Bool = false) throws(BlobStoreError) -> any BlobStore {
        guard let rows = try? database.run([Query(Self.statement, [.text(storage.configuredURL)])])[0], rows.count == 1
        else { return try storage.store() }
        guard rows.boolean(0, 1) == true else {
            throw BlobStoreError(
                .misconfigured, "COFFER_STORAGE_URL names no store of this database: coffer storage list")
        }
        let url = rows.text(0, 0)
        let store = isImpatient ? try storage.impatientStore(url) : try storage.store(url)
        try store.requireMark(rows.text(0, 2))
        storage.isRecognised = true
        return store
    }
}
