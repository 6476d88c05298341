// Removes garbage: blobs without a file, and the remains of interrupted uploads. `coffer gc` collects until nothing is
// left. A worker collects a batch from time to time.

public import BlobStore

/// Blobs of one store to remove.
public struct Garbage {
    /// The store's URL. nil for the store that the configuration names.
    public let url: String?
    public let names: [BlobName]
    /// Whether they are ended resumable uploads, of which there may be more in the store than the blobs.
    public let areUploads: Bool

    /// The maximum number of names. If their removal fails, this part of a batch is removed again later.
    private static let limit = 64

    /// Groups the blobs of a batch by store.
    public static func group(_ blobs: [(url: String?, name: BlobName)], areUploads: Bool = false) -> [Garbage] {
        Dictionary(grouping: blobs, by: \.url).flatMap { (url, blobs) in
            stride(from: 0, to: blobs.count, by: limit).map { begin in
                let names = blobs[begin..<min(begin + limit, blobs.count)].map(\.name)
                return Garbage(url: url, names: names, areUploads: areUploads)
            }
        }
    }
}

/// What the collector needs of the database. The command and the workers have different rights there.
public protocol GarbageDatabase {
    /// Takes a batch of blobs that are due, and passes them to `remove`. Their rows stay locked until the end of the
    /// transaction, so neither a late commit of an upload nor another collector can take the same blobs. The
    /// transaction deletes the rows, and commits after the blobs have been removed. A crash before that leaves rows of
    /// removed blobs, and to remove those again is not an error.
    ///
    /// - Parameters:
    ///   - unavailable: the URLs of stores to skip.
    ///   - remove: returns whether the blobs were removed.
    /// - Returns: the number of blobs taken. nil if no batch is due.
    func takeBatch(except unavailable: Set<String>, _ remove: (Garbage) -> Bool) throws -> Int?

    /// Those of these names that are resumable uploads, or may be.
    func openUploads(_ names: [BlobName]) throws -> Set<BlobName>

    /// Lists the blobs of abandoned pending markers as garbage, except those of files.
    ///
    /// - Returns: whether the list is durable, so that the markers can be removed.
    func list(orphans: [BlobName], of url: String) throws -> Bool
}

public final class GarbageCollector {
    private let stores: StoreCache
    private let database: any GarbageDatabase
    private let marks: [String: String]
    private let report: (_ url: String, BlobStoreError) -> Void
    /// The URLs of stores whose marks were found to be right.
    private var recognised: Set<String> = []

    /// The number of removed blobs.
    public private(set) var blobs = 0
    /// The number of removed stages of interrupted uploads.
    public private(set) var stages = 0
    /// The URLs of stores that failed. They are skipped from then on.
    public private(set) var unavailable: Set<String> = []

    /// - Parameters:
    ///   - marks: the stores' marks by URL. In a wrong directory or bucket, all blobs seem to be removed already, and
    ///     their rows would be deleted.
    ///   - report: called once for each store that is unavailable.
    public init(
        _ stores: StoreCache, _ database: any GarbageDatabase, marks: [String: String] = [:],
        report: @escaping (_ url: String, BlobStoreError) -> Void
    ) {
        (self.stores, self.database, self.marks, self.report) = (stores, database, marks, report)
    }

    /// Removes a batch.
    ///
    /// - Returns: the number of blobs taken. nil if no batch is due.
    public func collectBatch() throws -> Int? {
        try database.takeBatch(except: unavailable) { garbage in
            let url = garbage.url ?? stores.configuredURL
            if unavailable.contains(url) { return false }
            do throws(BlobStoreError) {
                let store = try store(url)
                if garbage.areUploads { try store.discardUnfinished(garbage.names) }
                try store.remove(garbage.names)
            } catch {
                skip(url, error)
                return false
            }
            blobs += garbage.names.count
            return true
        }
    }

    /// Removes the remains of interrupted uploads from a store. Blobs with an abandoned pending marker are listed as
    /// garbage. Their markers are removed when the list is durable.
    ///
    /// - Parameter more: further calls to the store, for which the same errors count.
    public func sweep(_ url: String, then more: (any BlobStore) throws -> Void = { _ in }) throws {
        if unavailable.contains(url) { return }
        do {
            let store = try store(url)
            stages += try store.sweepAbandonedStages(olderThan: nil, except: database.openUploads)
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
