// The database's record of a store.

public import BlobStore

public struct StoreRecord: Equatable, Sendable {
    public let id: Int64
    public let url: String
    public let isCurrent: Bool
    /// The store's mark. nil if the database has no mark for it.
    public let mark: String?

    public init(id: Int64, url: String, isCurrent: Bool, mark: String? = nil) {
        (self.id, self.url, self.isCurrent, self.mark) = (id, url, isCurrent, mark)
    }
}

extension StoreCache {
    /// Opens the store of a record.
    ///
    /// - Throws: `.misconfigured` if the directory or bucket has another mark. Without this check, all of the store's
    ///   blobs would seem to be lost.
    public func store(_ record: StoreRecord) throws(BlobStoreError) -> any BlobStore {
        let store = try store(record.url)
        try store.requireMark(record.mark)
        return store
    }
}
