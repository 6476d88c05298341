// Whether a place is the store that the database means. Each store carries a mark, a UUID that the database knows too: a
// URL with a typo leads to another folder or bucket, and one folder may have two URLs.

internal import BlobStore
internal import CofferCore
internal import Postgres
internal import Storage
internal import POSIX

struct StoreMarks {
    let owner: OwnerConnection
    let stores: StoreCache

    /// The store of the database that a URL names, with its mark; nil where there is none.
    func record(_ url: String) throws(Failure) -> (id: Int64, mark: String?)? {
        let rows = try owner.call(Self.record, [.text(url)])
        guard rows.count == 1, let id = rows.integer(0, 0) else { return nil }
        return (id, rows.text(0, 1))
    }

    private static let record = "select id, identity::text from internal.stores where coalesce(url, $1) = $1"

    /// Fails where the store that a URL names is another place than the database means.
    func requireMark(of url: String) throws(Failure) {
        guard let mark = try record(url)?.mark else { return }
        try asked { () throws(BlobStoreError) in try stores.store(url).requireMark(mark) }
    }

    /// Gives mark and database to each other where one has none yet.
    func bind(_ store: any BlobStore, url: String) throws(Failure) {
        try locked(url) { (record, transaction) throws(Failure) in
            if record.mark != nil {
                return try asked { () throws(BlobStoreError) in try store.requireMark(record.mark) }
            }
            if let found = try asked(store.mark), isUUID(found) { return try note(found, record.id, transaction) }
            try write(newMark(), to: store, record.id, transaction)
        }
    }

    /// Makes a place the store of the database, whatever mark it had: the store was moved without its own.
    func rebind(_ store: any BlobStore, url: String) throws(Failure) {
        try locked(url) { (record, transaction) throws(Failure) in
            let mark = if let known = record.mark { known } else { try newMark() }
            try write(mark, to: store, record.id, transaction)
        }
    }

    /// One at a time, or two commands would give a store two marks.
    private func locked(
        _ url: String, _ body: ((id: Int64, mark: String?), OwnerConnection.Transaction) throws(Failure) -> Void
    ) throws(Failure) {
        try owner.transaction { (transaction) throws(Failure) in
            let rows = try transaction.call(Self.record + " for update", [.text(url)])
            if rows.count == 1, let id = rows.integer(0, 0) { try body((id, rows.text(0, 1)), transaction) }
        }
    }

    /// Fails where this place is a store of the database by another URL: gc of the one would empty both.
    func requireNew(_ store: any BlobStore, url: String) throws(Failure) {
        guard let mark = try asked(store.mark), isUUID(mark) else { return }
        let rows = try owner.call(
            "select s.url from internal.stores s where s.identity = $1::text::uuid and coalesce(s.url, $2) <> $2",
            [.text(mark), .text(url)])
        if rows.count > 0 {
            let other = rows.text(0, 0).map { ", \(withoutSecrets($0))" } ?? ""
            throw Failure("This is already a store of this database\(other). Run: coffer storage list")
        }
    }

    /// As `requireNew`, for where the store in use is to have been moved to.
    func requireNewOrCurrent(_ store: any BlobStore) throws(Failure) {
        let rows = try owner.call("select url from internal.stores where is_current")
        try requireNew(store, url: rows.count == 1 ? rows.text(0, 0) ?? "" : "")
    }

    /// Where the database keeps no URL of the store in use, the configuration's is its URL. The mark of another place
    /// would say that this one may be configured.
    func requireCurrent(_ url: String, configured: String) throws(Failure) {
        let rows = try owner.call("select 1 from internal.stores where is_current and url is null")
        if rows.count == 0 || url == configured { return }
        throw Failure(
            "The store in use is where COFFER_STORAGE_URL says, which is \(withoutSecrets(configured)): set that first."
        )
    }

    private func write(
        _ mark: String, to store: any BlobStore, _ id: Int64, _ transaction: OwnerConnection.Transaction
    ) throws(Failure) {
        try asked { () throws(BlobStoreError) in try store.setMark(mark) }
        try note(mark, id, transaction)
    }

    private func note(_ mark: String, _ id: Int64, _ transaction: OwnerConnection.Transaction) throws(Failure) {
        try transaction.call("select internal.mark_store($1::smallint, $2::text::uuid)", [.integer(id), .text(mark)])
    }

    /// A random UUID (RFC 9562 §5.4).
    private func newMark() throws(Failure) -> String {
        var digits = Array(try asked { () throws(BlobStoreError) in try BlobName.generate() }.description)
        (digits[12], digits[16]) = ("4", "8")
        return [0..<8, 8..<12, 12..<16, 16..<20, 20..<32].map { String(digits[$0]) }.joined(separator: "-")
    }

    private func asked<Value>(_ question: () throws(BlobStoreError) -> Value) throws(Failure) -> Value {
        do { return try question() } catch { throw Failure(error) }
    }
}

/// Says on standard error when a store's folder is root's, which its workers can hardly be.
func mentionRoot(_ store: any BlobStore) {
    guard Process.isRoot, let store = store as? any OwnedBlobStore,
        let owner = try? FileSystem.status(store.folder).fileOwner, owner.isRoot
    else { return }
    StandardError.write(
        line: "coffer: the store's directory belongs to root; give it to the workers' user: "
            + "chown -R USER: \(store.folder)")
}
