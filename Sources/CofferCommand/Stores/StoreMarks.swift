// Marks, by which stores are recognised. Each store carries a UUID that the database knows, too, as a URL with a typo
// names another directory or bucket, and one directory may have two URLs.

internal import BlobStore
internal import CofferCore
internal import Postgres
internal import Storage
internal import Text
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

    /// Fails if the place that a URL names does not carry the mark that the database knows for this URL.
    func requireMark(of url: String) throws(Failure) {
        guard let mark = try Record.only(owner.call(Record.sql, [.text(url)]))?.mark else { return }
        try mapError(to: Failure.self) { try stores.store(url).requireMark(mark) }
    }

    /// Whether the place that a URL names carries the mark that the database knows for it. Also true if the URL names no
    /// store of the database, as then there is nothing to record. Fails if it carries another mark.
    func isBound(_ url: String) throws(Failure) -> Bool {
        guard let record = try Record.only(owner.call(Record.sql, [.text(url)])) else { return true }
        guard let mark = record.mark else { return false }
        try mapError(to: Failure.self) { try stores.store(url).requireMark(mark) }
        return true
    }

    /// Records the store's mark in the database, or gives the store the mark of the database, or a new one to both.
    /// Fails if they have different marks.
    func bind(_ store: any BlobStore, url: String) throws(Failure) {
        try locked(url) { (record, transaction) throws(Failure) in
            if let known = record.mark {
                try mapError(to: Failure.self) { try store.requireMark(known) }
            } else if let found = try mark(of: store) {
                try save(found, record.id, transaction)
            } else {
                try write(newMark(), to: store, record.id, transaction)
            }
        }
    }

    /// Makes a place the store of this URL, whatever mark it has: the store may have been moved without its mark.
    func rebind(_ store: any BlobStore, url: String) throws(Failure) {
        try locked(url) { (record, transaction) throws(Failure) in
            let mark = record.mark ?? newMark()
            try write(mark, to: store, record.id, transaction)
        }
    }

    /// Locks the store's row, as two commands at the same time could give a store two marks.
    private func locked(
        _ url: String, _ body: (Record, OwnerConnection.Transaction) throws(Failure) -> Void
    ) throws(Failure) {
        try owner.transaction { (transaction) throws(Failure) in
            let rows = try transaction.call(Record.sql + " for update", [.text(url)])
            if let record = try Record.only(rows) { try body(record, transaction) }
        }
    }

    /// Fails if this place is a store of the database under another URL: gc of one of them would remove the blobs of
    /// both.
    func requireNew(_ store: any BlobStore, url: String) throws(Failure) {
        try requireNew(store, except: "coalesce(s.url, $2) = $2", [.text(url)])
    }

    /// Fails if this place is a store of the database other than the current one.
    func requireNewOrCurrent(_ store: any BlobStore) throws(Failure) {
        try requireNew(store, except: "s.is_current")
    }

    /// - Parameter exception: SQL for the stores that this place may be.
    private func requireNew(
        _ store: any BlobStore, except exception: String, _ parameters: [Parameter] = []
    ) throws(Failure) {
        guard let mark = try mark(of: store) else { return }
        let other = try owner.call(
            "select s.url from internal.stores s where s.identity = $1::text::uuid and not (\(exception))",
            [.text(mark)] + parameters
        ).readFirst { try $0.optionalText("url") }
        if let url = other {
            let place = url.map { ", \(withoutSecrets($0))" } ?? ""
            throw Failure("This is already a store of this database\(place). Run: coffer storage list")
        }
    }

    private func write(
        _ mark: String, to store: any BlobStore, _ id: Int64, _ transaction: OwnerConnection.Transaction
    ) throws(Failure) {
        try mapError(to: Failure.self) { try store.setMark(mark) }
        try save(mark, id, transaction)
    }

    private func save(_ mark: String, _ id: Int64, _ transaction: OwnerConnection.Transaction) throws(Failure) {
        try transaction.call("select internal.mark_store($1::smallint, $2::text::uuid)", [.integer(id), .text(mark)])
    }

    /// The mark that a store carries; nil if it has none, or one that is not a UUID.
    private func mark(of store: any BlobStore) throws(Failure) -> String? {
        try mapError(to: Failure.self) { try store.mark() }.flatMap { isUUID($0) ? $0 : nil }
    }

    /// A random UUID (RFC 9562 §5.4).
    private func newMark() -> String {
        var digits = Array(randomHexadecimal())
        (digits[12], digits[16]) = ("4", "8")
        return [0..<8, 8..<12, 12..<16, 16..<20, 20..<32].map { String(digits[$0]) }.joined(separator: "-")
    }
}
