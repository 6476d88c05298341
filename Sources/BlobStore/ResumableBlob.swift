// A blob that arrives in the course of several requests, each of which may be served by another process.

internal import Cryptography

/// What the next request needs to continue a blob. It belongs to exactly this number of bytes.
public struct BlobProgress: Equatable, Sendable {
    /// The number of bytes that are stored durably.
    public let size: Int64
    /// The state of the digest. nil at the beginning.
    public let digest: [UInt8]?
    /// What the store needs. nil if it needs nothing.
    public let store: String?

    public init(size: Int64 = 0, digest: [UInt8]? = nil, store: String? = nil) {
        (self.size, self.digest, self.store) = (size, digest, store)
    }
}

/// An unfinished blob. Nothing of it is removed when this is released.
public protocol ResumableBlob: AnyObject {
    /// Whether `claim` keeps other processes from appending. Otherwise only one process may be in `save` at a time.
    var isExclusive: Bool { get }

    /// Prepares for bytes. If this is exclusive, waits for other processes that append, and keeps them from doing so
    /// until this is released. The caller finds out afterwards whether it may still append.
    ///
    /// - Returns: false if another process still appends.
    /// - Throws: `.absent` if the bytes before have been lost.
    func claim() throws(BlobStoreError) -> Bool

    /// The number of bytes so far, with those that are not saved yet.
    var size: Int64 { get }

    /// How many bytes can be appended before the next `save`.
    var room: Int { get }

    /// Adds bytes, after `claim`. The program stops if there is no room for them.
    func append(_ bytes: Span<UInt8>) throws(BlobStoreError)

    /// Stores the bytes durably that were appended since the last time.
    ///
    /// - Throws: `.full` or `.unavailable`. Nothing can be appended then.
    func save() throws(BlobStoreError) -> BlobProgress

    /// Removes what the progress before needed. Call it when the progress of the last `save` has been recorded.
    func recorded()

    /// The blob with all its bytes, which must have been saved. It can be published again if it is not known whether
    /// that has succeeded before. `discard` keeps it; `confirm` removes all but the published blob.
    func complete() throws(BlobStoreError) -> any PendingBlob
}
