// Removes garbage: blobs that no file uses any more, and what interrupted uploads left in the stores. One for the
// operator's command, which works until nothing is left, and for the workers, each of which does a batch now and then.

public import BlobStore

/// Blobs of one store that are to be removed.
public struct Garbage {
    /// Of the store; nil for the one that the configuration names.
    public let url: String?
    public let names: [BlobName]

    /// The most names of one removal: so much of a batch is tried again if its store becomes unavailable.
    private static let limit = 64

    /// Removals of a batch, store by store.
    public static func group(_ blobs: [(url: String?, name: BlobName)]) -> [Garbage] {
        Dictionary(grouping: blobs, by: \.url).flatMap { (url, blobs) in
            stride(from: 0, to: blobs.count, by: limit).map { begin in
                Garbage(url: url, names: blobs[begin..<min(begin + limit, blobs.count)].map(\.name))
            }
        }
    }
}

/// The database as the collector needs it, with the rights of whoever collects.
public protocol GarbageDatabase {
    /// Takes a batch of blobs that are due. Their rows are locked until they are forgotten, so neither an upload that
    /// commits late nor another collector can have the same blob. A row is forgotten when its blob is gone, and not
    /// before: a crash in between leaves rows whose blobs are gone, which the next batch finds harmless.
    ///
    /// - Parameters:
    ///   - unavailable: URLs of the stores of which nothing is to be taken.
    ///   - remove: returns whether the blobs are gone.
    /// - Returns: how many blobs were taken; nil if it is not the caller's turn.
    func takeBatch(except unavailable: Set<String>, _ remove: (Garbage) -> Bool) throws -> Int?

    /// Lists the blobs of abandoned pending markers, unless a file has them.
    ///
    /// - Returns: whether that is durable, so that the markers can go.
    func list(orphans: [BlobName], of url: String) throws -> Bool
}

public final class GarbageCollector {
    private let stores: StoreCache
    private let database: any GarbageDatabase
    private let marks: [String: String]
    private let report: (_ url: String, BlobStoreError) -> Void
    /// URLs of the stores that were found to carry their marks.
    private var recognised: Set<String> = []

    /// Blobs that were removed.
    public private(set) var blobs = 0
    /// Stages of interrupted uploads that were removed.
    public private(set) var stages = 0
    /// URLs of the stores that failed, and were skipped from then on.
    public private(set) var unavailable: Set<String> = []

    /// - Parameters:
    ///   - marks: of the stores, by URL. Another place has none of the blobs, and to find none of them there must not
    ///     strike them off the list.
    ///   - report: is called once for each store that is unavailable.
    public init(
        _ stores: StoreCache, _ database: any GarbageDatabase, marks: [String: String] = [:],
        report: @escaping (_ url: String, BlobStoreError) -> Void
    ) {
        (self.stores, self.database, self.marks, self.report) = (stores, database, marks, report)
    }

    /// Removes a batch.
    ///
    /// - Returns: how many blobs were taken; nil if it is not the caller's turn.
    public func collectBatch() throws -> Int? {
        try database.takeBatch(except: unavailable) { garbage in
            let url = garbage.url ?? stores.configuredURL
            if unavailable.contains(url) { return false }
            do throws(BlobStoreError) {
                try store(url).remove(garbage.names)
            } catch {
                skip(url, error)
                return false
            }
            blobs += garbage.names.count
            return true
        }
    }

    /// Removes what interrupted uploads left in a store. Blobs whose pending markers nobody holds any more are listed,
    /// and the markers go when that is durable.
    ///
    /// - Parameter more: what else is to be asked of the store.
    public func sweep(_ url: String, then more: (any BlobStore) throws -> Void = { _ in }) throws {
        if unavailable.contains(url) { return }
        do {
            let store = try store(url)
            stages += try store.sweepAbandonedStages()
            if let store = store as? any MarkingBlobStore {
                let orphans = try store.abandonedMarkers(olderThan: nil)
                if try !orphans.isEmpty && database.list(orphans: orphans, of: url) {
                    try store.removeMarkers(of: orphans)
                }
            }
            try more(store)
        } catch let error as BlobStoreError {
            skip(url, error)
        }
    }

    private func store(_ url: String) throws(BlobStoreError) -> any BlobStore {
        let store = try stores.store(url)
        if recognised.contains(url) { return store }
        try store.requireMark(marks[url])
        recognised.insert(url)
        return store
    }

    private func skip(_ url: String, _ error: BlobStoreError) {
        if unavailable.insert(url).inserted { report(url, error) }
    }
}
