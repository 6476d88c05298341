// What every kind of store can do. A blob is immutable: it is staged, then published whole under a new name, read any
// number of times, and removed.

/// Size and digest of a blob.
public struct BlobContent: Equatable, Sendable {
    /// In bytes.
    public let size: Int64
    /// 32 bytes.
    public let sha256: [UInt8]

    public init(size: Int64, sha256: [UInt8]) {
        self.size = size
        self.sha256 = sha256
    }
}

/// A place for blobs. Kept open for the life of a process; an outage makes calls fail as `.unavailable` until it ends.
public protocol BlobStore: AnyObject {
    /// Begins a blob whose bytes the caller writes.
    func stage() throws(BlobStoreError) -> any StagedBlob

    /// Begins a blob whose bytes a web server on this host has already put into a file. The web server's name for the
    /// file stays, and is the web server's to remove.
    ///
    /// Fails as `.refused` unless `path` is a regular file; a symbolic link is never followed.
    func adopt(bodyFile path: String) throws(BlobStoreError) -> any StagedBlob

    /// Fails as `.absent` when the store is there and the blob is not.
    func open(_ name: BlobName) throws(BlobStoreError) -> any BlobReader

    /// Where a blob lies relative to the store's root, for a web server that sends it itself; nil for remote stores.
    func path(of name: BlobName) -> String?

    /// Where a blob lies on this host; nil for remote stores.
    func absolutePath(of name: BlobName) -> String?

    /// Removes a blob; one that is absent already is no error.
    func remove(_ name: BlobName) throws(BlobStoreError)

    /// Succeeds when a blob could be stored and read back now.
    func probe() throws(BlobStoreError)

    /// Removes what interrupted uploads left behind longer ago than `age` and nobody holds any more; returns how many
    /// leftovers there were.
    func sweepAbandonedStages(olderThan age: Duration) throws(BlobStoreError) -> Int
}

extension BlobStore {
    /// Removes leftovers that are older than a minute.
    public func sweepAbandonedStages() throws(BlobStoreError) -> Int {
        try sweepAbandonedStages(olderThan: .seconds(60))
    }
}

/// A blob on its way in: `write` any number of times, `finish`, compare, `publish`. After an error, or when this is
/// released unpublished, nothing of it remains.
public protocol StagedBlob: AnyObject {
    /// The bytes so far.
    var size: Int64 { get }

    /// Appends bytes. Fails as `.full` when the store has no room, as `.refused` after `finish` or for an adopted blob.
    func write(_ bytes: Span<UInt8>) throws(BlobStoreError)

    /// Makes the bytes durable and tells what they are. May be asked again.
    func finish() throws(BlobStoreError) -> BlobContent

    /// Makes the finished blob readable under `name`, durably. Fails as `.exists` rather than overwrite.
    func publish(as name: BlobName) throws(BlobStoreError)

    /// Removes what was not published.
    func discard()
}

/// A blob open for reading, which it stays even when it is removed meanwhile.
public protocol BlobReader: AnyObject {
    /// In bytes.
    var size: Int64 { get }

    /// Appends bytes from `offset` (in bytes) on until `buffer` is full or the blob ends; returns how many.
    @discardableResult
    func read(at offset: Int64, into buffer: inout OutputSpan<UInt8>) throws(BlobStoreError) -> Int
}
