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

    /// A store of the database.
    private struct Record {
        let id: Int64
        let mark: String?

        init(_ row: Row) throws(PostgresError) {
            id = try row.integer("id")
            mark = try row.optionalText("identity")
        }

        /// `$1` is the URL.
        static let sql = "select id, identity from internal.stores where coalesce(url, $1) = $1"

        /// nil if the URL names no store, or more than one.
        static func only(_ rows: Rows) throws(Failure) -> Record? {
            rows.count == 1 ? try rows.readOne(Record.init) : nil
        }
    }

    /// Fails where the store that a URL names is another place than the database means.
    func requireMark(of url: String) throws(Failure) {
        guard let mark = try Record.only(owner.call(Record.sql, [.text(url)]))?.mark else { return }
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
        _ url: String, _ body: (Record, OwnerConnection.Transaction) throws(Failure) -> Void
    ) throws(Failure) {
        try owner.transaction { (transaction) throws(Failure) in
            let rows = try transaction.call(Record.sql + " for update", [.text(url)])
            if let record = try Record.only(rows) { try body(record, transaction) }
        }
    }

    /// Fails where this place is a store of the database by another URL: gc of the one would empty both.
    func requireNew(_ store: any BlobStore, url: String) throws(Failure) {
        try requireNew(store, except: "coalesce(s.url, $2) = $2", [.text(url)])
    }

    /// As `requireNew`, for where the store in use is to have been moved to.
    func requireNewOrCurrent(_ store: any BlobStore) throws(Failure) {
        try requireNew(store, except: "s.is_current")
    }

    /// - Parameter exception: SQL, for the stores whose place this may be.
    private func requireNew(
        _ store: any BlobStore, except exception: String, _ parameters: [Parameter] = []
    ) throws(Failure) {
        guard let mark = try asked(store.mark), isUUID(mark) else { return }
        let other = try owner.call(
            "select s.url from internal.stores s where s.identity = $1::text::uuid and not (\(exception))",
            [.text(mark)] + parameters
        ).readFirst { try $0.optionalText("url") }
        if let url = other {
            let place = url.map { ", \(withoutSecrets($0))" } ?? ""
            throw Failure("This is already a store of this database\(place). Run: coffer storage list")
        }
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
