// The store that uploads go to, as the database names it, and the proof that the place is that store.

internal import BlobStore
internal import CofferCore
internal import CofferProcess
internal import Postgres

struct CurrentStore {
    let database: Database
    let storage: Storage

    private static let statement = Statement(
        name: "store", sql: "select url, is_known, identity from internal.current_store($1)")

    /// Opens it, and that of the configuration when the database does not answer.
    ///
    /// - Throws: `.misconfigured` where the configuration names no store of the database, or another place than it means.
    func open(patience: Duration? = nil) throws(BlobStoreError) -> any BlobStore {
        guard let rows = try? database.run([Query(Self.statement, [.text(storage.configured)])])[0], rows.count == 1
        else { return try storage.open(nil) }
        guard rows.boolean(0, 1) == true else {
            throw BlobStoreError(
                .misconfigured, "COFFER_STORAGE_URL names no store of this database: coffer storage list")
        }
        let store = try storage.open(rows.text(0, 0), patience: patience)
        try requireMark(rows.text(0, 2), of: store)
        storage.isRecognised = true
        return store
    }
}
