// After an answer has been sent: a batch of what `coffer gc` does, for installations without cron. The database decides
// which worker does it and when, once a minute for all workers together.

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
    /// When this worker may ask again, on the monotonic clock. To forget it costs a question too many.
    private var nextQuestion: Int64 = .min

    /// In nanoseconds.
    private static let interval: Int64 = 60_000_000_000

    init(configuration: Configuration, database: Database, storage: StoreCache, logger: Logger) {
        self.configuration = configuration
        self.database = database
        (self.storage, self.logger) = (storage, logger)
    }

    /// Asks for a batch and collects it, unless this worker did ask less than a minute ago. What fails is tried again
    /// in a minute.
    func run() {
        let now = Clock.monotonicNanoseconds()
        // Without a connection the database may be unavailable, and to find that out would take seconds.
        guard configuration.workersCollect, now >= nextQuestion, database.isConnected else { return }
        nextQuestion = now + Self.interval
        let collector = GarbageCollector(
            storage, WorkerGarbage(database: database, graceSeconds: configuration.graceSeconds)
        ) { [logger] (_, error) in logger.record(.storageFailed(error.description)) }
        try? logger.reporting {
            // A place that is not the store has none of the blobs, and the list would lose their names.
            _ = try CurrentStore(database: database, storage: storage).open()
            guard try collector.collectBatch() != nil else { return }
            try collector.sweep(storage.configuredURL)
        }
        if collector.blobs + collector.stages > 0 {
            logger.record(.collected(blobs: collector.blobs, stages: collector.stages))
        }
    }
}

/// The database with the rights of a worker, which has one function for a batch: it deletes the rows.
private struct WorkerGarbage: GarbageDatabase {
    let database: Database
    let graceSeconds: Int

    /// Blobs of a batch: no more than what takes a fraction of a second, as no request is accepted meanwhile.
    private static let limit: Int64 = 64
    private static let collect = Statement(
        name: "collect", sql: "select url, blob from internal.collect_batch($1::bigint, $2::integer)")
    private static let list = Statement(
        name: "add_orphans", sql: "select internal.add_orphans($1, $2::text[]) as is_listed")

    func takeBatch(except unavailable: Set<String>, _ remove: (Garbage) -> Bool) throws -> Int? {
        let query = Query(Self.collect, [.integer(Int64(graceSeconds)), .integer(Self.limit)])
        return try database.change(query) { rows in
            if rows.isEmpty { return nil }
            // The row without a blob reports that it is this worker's turn.
            let blobs = try rows.compactMap { row in
                let url = try row.optionalText("url")
                return try row.optionalValue("blob") { BlobName($0) }.map { (url: url, name: $0) }
            }
            // If one cannot be removed, all rows come back.
            guard Garbage.group(blobs).allSatisfy(remove) else { throw Failure(.storageUnavailable) }
            return blobs.count
        }
    }

    func list(orphans: [BlobName], of url: String) throws -> Bool {
        try database.run([Query(Self.list, [.text(url), .array(orphans)])])[0].only().boolean("is_listed")
    }
}
