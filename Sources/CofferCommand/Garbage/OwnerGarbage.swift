// The database for the garbage collector of `coffer gc`: batches from every store, with the owner's rights.

internal import BlobStore
internal import Postgres
internal import Storage

final class OwnerGarbage: GarbageDatabase {
    private let owner: OwnerConnection
    /// Waits until what a transaction of `owner` has seen is on the disk.
    private let waitForDisk: () throws(Failure) -> Void
    private let records: [StoreRecord]
    private let graceSeconds: Int
    /// Whether a backup is running. The blobs then wait for the next run.
    private(set) var isHeld = false

    static let batch = 500

    init(
        _ owner: OwnerConnection, _ records: [StoreRecord], graceSeconds: Int,
        waitForDisk: @escaping () throws(Failure) -> Void
    ) {
        (self.owner, self.records, self.graceSeconds, self.waitForDisk) = (owner, records, graceSeconds, waitForDisk)
    }

    /// Skips stores that were registered after the start. If a store fails, the rows of the other stores' blobs are
    /// deleted all the same.
    func takeBatch(except unavailable: Set<String>, _ remove: (Garbage) -> Bool) throws -> Int? {
        let stores = records.filter { !unavailable.contains($0.url) }
        return try owner.transaction { (transaction) throws(Failure) in
            isHeld = try transaction.call("select not internal.may_collect() as is_held")
                .readOne { try $0.boolean("is_held") }
            let due = try transaction.call(
                """
                select store, blob from internal.take_garbage(make_interval(secs => $1), $2,
                    array(select id from internal.stores where id <> all ($3::smallint[])))
                """,
                [.integer(Int64(graceSeconds)), .integer(Int64(Self.batch)), .array(stores.map(\.id))]
            ).readAll { (store: try $0.integer("store"), name: try $0.blobName("blob")) }
            let uploads = try transaction.call(
                """
                select store, blob from internal.take_ended_uploads($1,
                    array(select id from internal.stores where id <> all ($2::smallint[])))
                """, [.integer(Int64(Self.batch)), .array(stores.map(\.id))]
            ).readAll { (store: try $0.integer("store"), name: try $0.blobName("blob")) }
            // The change that made a blob garbage may not be on the disk yet: after a crash, the blob would be a file
            // again.
            if !due.isEmpty || !uploads.isEmpty { try waitForDisk() }
            for store in stores {
                let here = { (blobs: [(store: Int64, name: BlobName)]) in
                    blobs.filter { $0.store == store.id }.map { (url: String?(store.url), name: $0.name) }
                }
                for garbage in Garbage.group(here(due)) where remove(garbage) {
                    try transaction.call(
                        "select internal.delete_garbage($1::smallint, $2::text[])",
                        [.integer(store.id), .array(garbage.names)])
                }
                for garbage in Garbage.group(here(uploads), areUploads: true) where remove(garbage) {
                    try transaction.call("select internal.delete_uploads($1::text[])", [.array(garbage.names)])
                }
            }
            return due.count + uploads.count
        }
    }

    func openUploads(_ names: [BlobName]) throws -> Set<BlobName> {
        Set(
            try owner.call("select internal.open_uploads($1::text[]) as blob", [.array(names)])
                .readAll { try $0.blobName("blob") })
    }

    func list(orphans: [BlobName], of url: String) throws -> Bool {
        try owner.call("select internal.add_orphans($1, $2::text[]) as is_listed", [.text(url), .array(orphans)])
            .readOne { try $0.boolean("is_listed") }
    }

    /// Counts what a run would remove now.
    func forecast() throws(Failure) -> (blobs: Int64, trash: Int64, sessions: Int64) {
        try owner.call(
            """
            select
                (select count(*) from internal.garbage d
                    where internal.is_due(d.reason, d.listed_at, make_interval(secs => $1))
                        and not exists (
                            select from internal.kept_blobs k where k.blob = d.blob and k.store = d.store)
                ) as blobs,
                (select count(*) from internal.trash t where t.expires_at <= now()) as trash,
                (select count(*) from internal.sessions s
                    where s.expires_at < now() - internal.longest_upload()) as sessions
            """, [.integer(Int64(graceSeconds))]
        ).readOne { (try $0.integer("blobs"), try $0.integer("trash"), try $0.integer("sessions")) }
    }

    /// Removes what has expired from the trash. Its blobs are garbage then.
    ///
    /// - Returns: how many files and versions.
    func expireTrash() throws(Failure) -> Int64 {
        var count: Int64 = 0
        while true {
            let removed = try owner.call("select internal.expire_trash($1::integer) as count", [.integer(10_000)])
                .readOne { try $0.integer("count") }
            if removed == 0 { return count }
            count += removed
        }
    }

    /// Deletes expired sessions, and login failures that are too old to count.
    ///
    /// - Returns: the number of sessions.
    func forgetExpired() throws(Failure) -> Int64 {
        try owner.call("select sessions from internal.delete_expired()").readOne { try $0.integer("sessions") }
    }
}
