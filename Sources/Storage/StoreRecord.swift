// A store as the database knows it.

public import BlobStore

public struct StoreRecord: Equatable, Sendable {
    public let id: Int64
    public let url: String
    public let isCurrent: Bool
    /// The mark that the store carries; nil if the database knows none.
    public let mark: String?

    public init(id: Int64, url: String, isCurrent: Bool, mark: String? = nil) {
        (self.id, self.url, self.isCurrent, self.mark) = (id, url, isCurrent, mark)
    }
}

extension StoreCache {
    /// Opens a store of the database.
    ///
    /// - Throws: `.misconfigured` if the place carries another mark. A place that is not the store has none of its blobs,
    ///   and what is concluded from that would be wrong.
    public func store(_ record: StoreRecord) throws(BlobStoreError) -> any BlobStore {
        let store = try store(record.url)
        try store.requireMark(record.mark)
        return store
    }
}
