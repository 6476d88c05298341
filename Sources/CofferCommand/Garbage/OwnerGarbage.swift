// The database as the operator's garbage collector needs it: batch by batch, of every store, with the owner's rights.

internal import BlobStore
internal import Postgres
internal import Storage

final class OwnerGarbage: GarbageDatabase {
    private let owner: OwnerConnection
    private let records: [StoreRecord]
    private let graceSeconds: Int
    /// Whether a backup is being made, so that blobs wait for the next run.
    private(set) var isHeld = false

    static let batch = 500

    init(_ owner: OwnerConnection, _ records: [StoreRecord], graceSeconds: Int) {
        (self.owner, self.records, self.graceSeconds) = (owner, records, graceSeconds)
    }

    /// What is removed from one store is forgotten even if another store fails.
    func takeBatch(except unavailable: Set<String>, _ remove: (Garbage) -> Bool) throws -> Int? {
        let ids = Dictionary(records.map { ($0.url, $0.id) }) { first, _ in first }
        return try owner.transaction { (transaction) throws(Failure) in
            isHeld = try transaction.call("select internal.may_collect()").boolean(0, 0) != true
            let rows = try transaction.call(
                "select store, url, blob from internal.take_garbage(make_interval(secs => $1), $2, $3::smallint[])",
                [
                    .integer(Int64(graceSeconds)), .integer(Int64(Self.batch)),
                    .array(unavailable.compactMap { ids[$0] }),
                ])
            var stores: [String?: Int64] = [:]
            var blobs: [(url: String?, name: BlobName)] = []
            for row in 0..<rows.count {
                guard let name = rows.text(row, 2).flatMap({ BlobName($0) }) else { continue }
                stores[rows.text(row, 1)] = rows.integer(row, 0)
                blobs.append((rows.text(row, 1), name))
            }
            for garbage in Garbage.group(blobs) where remove(garbage) {
                try transaction.call(
                    "select internal.delete_garbage($1::smallint, $2::text[])",
                    [stores[garbage.url].map { .integer($0) } ?? .null, .array(garbage.names)])
            }
            return rows.count
        }
    }

    func list(orphans: [BlobName], of url: String) throws -> Bool {
        try owner.call("select internal.add_orphans($1, $2::text[])", [.text(url), .array(orphans)])
            .boolean(0, 0) == true
    }

    /// What a run would remove now.
    func forecast() throws(Failure) -> (blobs: Int64, sessions: Int64) {
        let rows = try owner.call(
            """
            select (select count(*) from internal.garbage d
                    where internal.is_due(d.reason, d.listed_at, make_interval(secs => $1))
                        and not exists (select from internal.files f where f.blob = d.blob and f.store = d.store)),
                (select count(*) from internal.sessions s
                    where s.expires_at < now() - internal.longest_upload())
            """, [.integer(Int64(graceSeconds))])
        return (rows.integer(0, 0) ?? 0, rows.integer(0, 1) ?? 0)
    }

    /// Removes expired sessions, and login failures that count no more.
    ///
    /// - Returns: how many sessions there were.
    func forgetExpired() throws(Failure) -> Int64 {
        try owner.call("select sessions from internal.delete_expired()").integer(0, 0) ?? 0
    }
}
