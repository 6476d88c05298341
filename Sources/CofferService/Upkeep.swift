// After an answer has been sent: a small share of what `coffer gc` does, for installations without cron. The database
// decides who does it and when, once a minute for all workers together.

internal import BlobStore
internal import CofferCore
internal import Postgres
internal import Storage
internal import System

final class Upkeep {
    private let configuration: Configuration
    private let database: Database
    private let storage: StoreCache
    private let journal: Journal
    /// When this worker may ask again. To lose it costs a question too many.
    private var nextQuestion: Int64 = .min

    private static let patience: Int64 = 60_000_000_000
    /// Blobs of one share: no more than what takes a fraction of a second, as no request is accepted meanwhile.
    private static let limit: Int64 = 64
    private static let collect = Statement(
        name: "collect", sql: "select url, blob from internal.collect_batch($1::bigint, $2::integer)")
    private static let list = Statement(
        name: "list_leftovers", sql: "select internal.list_orphans($1, $2::text[])")

    init(configuration: Configuration, database: Database, storage: StoreCache, journal: Journal) {
        (self.configuration, self.database) = (configuration, database)
        (self.storage, self.journal) = (storage, journal)
    }

    /// Asks for a share and does it, unless this worker did ask less than a minute ago.
    func run() {
        let now = Clock.monotonicNanoseconds()
        // Without a connection the database may be away, and to find that out would take seconds.
        guard configuration.workersCollect, now >= nextQuestion, database.isConnected else { return }
        nextQuestion = now + Self.patience
        // In another place none of the blobs would be found, and so they would be struck from the list.
        do throws(BlobStoreError) {
            _ = try CurrentStore(database: database, storage: storage).open()
        } catch {
            return journal.record(.storageFailed(error.description))
        }
        let query = Query(Self.collect, [.integer(Int64(configuration.graceSeconds)), .integer(Self.limit)])
        var isOurs = false
        // The list forgets the blobs when they are gone and not before. What fails here is tried again in a minute.
        try? database.change(query) { (rows) throws(Failure) in
            guard rows.count > 0 else { return }
            let blobs = try remove(rows)
            let stages = try sweep()
            if blobs + stages > 0 { journal.record(.collected(blobs: blobs, stages: stages)) }
            isOurs = true
        }
        if isOurs { try? listLeftovers() }
    }

    /// A note goes when the list is on the disk.
    private func listLeftovers() throws(Failure) {
        guard let store = storage.markingStore else { return }
        let notes: [BlobName]
        do { notes = try store.abandonedNotes(olderThan: nil) } catch { throw Failure(error) }
        guard !notes.isEmpty else { return }
        let rows: [Rows]
        do {
            rows = try database.run([Query(Self.list, [.text(storage.configuredURL), .array(notes)])])
        } catch {
            throw Failure(error)
        }
        guard rows[0].boolean(0, 0) == true else { return }
        do { try store.removeNotes(of: notes) } catch { throw Failure(error) }
    }

    private func remove(_ rows: Rows) throws(Failure) -> Int {
        var names: [String?: [BlobName]] = [:]
        for row in 0..<rows.count {
            if let name = rows.text(row, 1).flatMap({ BlobName($0) }) {
                names[rows.text(row, 0), default: []].append(name)
            }
        }
        for (url, names) in names {
            try journal.reporting { () throws(BlobStoreError) in try storage.store(url).remove(names) }
        }
        return names.values.reduce(0) { $0 + $1.count }
    }

    private func sweep() throws(Failure) -> Int {
        try journal.reporting { () throws(BlobStoreError) in try storage.store().sweepAbandonedStages() }
    }
}
