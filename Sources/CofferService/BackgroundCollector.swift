// Does a batch of the work of `coffer gc` after a response has been sent, for installations without cron. The database
// lets one worker do so each minute.

internal import BlobStore
internal import CofferCore
internal import Postgres
internal import Storage
internal import POSIX

final class BackgroundCollector {
    private let configuration: Configuration
    private let database: Database
    private let storage: StoreCache
    private let logger: Logger
    /// When this worker may ask for a batch again, on the monotonic clock, in nanoseconds.
    private var nextAttempt: Int64 = .min

    /// In nanoseconds.
    private static let interval: Int64 = 60_000_000_000

    init(configuration: Configuration, database: Database, storage: StoreCache, logger: Logger) {
        self.configuration = configuration
        self.database = database
        (self.storage, self.logger) = (storage, logger)
    }

    /// Asks for a batch and removes it, unless this worker has asked in the last minute. After a failure it tries again
    /// in a minute.
    func run() {
        let now = Clock.monotonicNanoseconds()
        // Without a connection the database may be unavailable, and a new connection would take seconds to fail.
        guard configuration.workersCollect, now >= nextAttempt, database.isConnected else { return }
        nextAttempt = now + Self.interval
        let collector = GarbageCollector(
            storage, WorkerGarbage(database: database, graceSeconds: configuration.graceSeconds)
        ) { [logger] (_, error) in logger.record(.storageFailed(error.description)) }
        try? logger.reporting {
            // A wrong place has none of the blobs, so their names would be taken off the list.
            _ = try CurrentStore(database: database, storage: storage).open()
            guard try collector.collectBatch() != nil else { return }
            try collector.sweep(storage.configuredURL)
        }
        if collector.blobs + collector.stages > 0 {
            logger.record(.collected(blobs: collector.blobs, stages: collector.stages))
        }
    }
}

/// Garbage with the rights of a worker. One function of the database takes a batch and deletes its rows; the commit
/// comes after the blobs have been removed.
private struct WorkerGarbage: GarbageDatabase {
    let database: Database
    let graceSeconds: Int

    /// The most blobs of a batch. It takes a fraction of a second, in which this worker accepts no request.
    private static let limit: Int64 = 64
    private static let collect = Statement(
        name: "collect", sql: "select url, blob, is_upload from internal.collect_batch($1::bigint, $2::integer)")
    private static let openUploads = Statement(
        name: "open_uploads", sql: "select internal.open_uploads($1::text[]) as blob")
    private static let list = Statement(
        name: "add_orphans", sql: "select internal.add_orphans($1, $2::text[]) as is_listed")

    func takeBatch(except unavailable: Set<String>, _ remove: (Garbage) -> Bool) throws -> Int? {
        let query = Query(Self.collect, [.integer(Int64(graceSeconds)), .integer(Self.limit)])
        return try database.change(query) { rows in
            if rows.isEmpty { return nil }
            // The row without a blob reports that it is this worker's turn.
            let blobs = try rows.compactMap { row in
                let (url, isUpload) = (try row.optionalText("url"), try row.boolean("is_upload"))
                return try row.optionalValue("blob") { BlobName($0) }.map { (url: url, name: $0, isUpload: isUpload) }
            }
            let garbage = [false, true].flatMap { areUploads in
                let some = blobs.filter { $0.isUpload == areUploads }.map { (url: $0.url, name: $0.name) }
                return Garbage.group(some, areUploads: areUploads)
            }
            // The change that made a blob garbage may not be on the disk yet: after a crash, the blob would be a file
            // again. This connection has an open transaction, so another one waits.
            if !blobs.isEmpty { try database.waitForDisk() }
            // If a blob cannot be removed, the rollback restores all rows.
            guard garbage.allSatisfy(remove) else { throw Failure(.storageUnavailable) }
            return blobs.count
        }
    }

    func openUploads(_ names: [BlobName]) throws -> Set<BlobName> {
        let rows = try database.run([Query(Self.openUploads, [.array(names)])])[0]
        return Set(try rows.map { try $0.value("blob") { BlobName($0) } })
    }

    func list(orphans: [BlobName], of url: String) throws -> Bool {
        try database.run([Query(Self.list, [.text(url), .array(orphans)])])[0].only().boolean("is_listed")
    }
}
