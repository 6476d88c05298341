// What every kind of store can do. A blob is immutable: it is staged, then published whole under a new name, read any
// number of times, and removed.

/// What a blob's bytes are.
public struct BlobContent: Equatable, Sendable {
    /// In bytes.
    public let size: Int64
    /// 32 bytes.
    public let sha256: [UInt8]
    /// Whether they are text in UTF-8, with more than ASCII in it.
    public let isUTF8: Bool

    public init(size: Int64, sha256: [UInt8], isUTF8: Bool = false) {
        self.size = size
        self.sha256 = sha256
        self.isUTF8 = isUTF8
    }
}

/// What a store knows of a blob without reading it.
public struct BlobStatus: Equatable, Sendable {
    public let name: BlobName
    /// In bytes.
    public let size: Int64
    /// When it was published, in whole seconds since 1970.
    public let modified: Int64

    public init(name: BlobName, size: Int64, modified: Int64) {
        self.name = name
        self.size = size
        self.modified = modified
    }
}

/// Where and how a web server fetches a blob from a remote store.
public struct PresignedTarget: Equatable, Sendable {
    /// `https://host:port`
    public let origin: String
    /// Path and query, encoded. A secret as long as it holds: whoever has it can read the blob.
    public let target: String
}

/// A place for blobs. Kept open for the life of a process; an outage makes calls fail as `.unavailable` until it ends.
public protocol BlobStore: AnyObject {
    /// Begins a blob whose bytes the caller writes, to be published under `name`, which nobody has used before.
    ///
    /// - Parameter length: the bytes that will be written, where that is known.
    func stage(as name: BlobName, length: Int64?) throws(BlobStoreError) -> any StagedBlob

    /// Begins a blob whose bytes a web server on this host has already put into a file. The web server's name for the
    /// file stays, and is the web server's to remove.
    ///
    /// Fails as `.refused` unless `path` is a regular file; a symbolic link is never followed.
    func adopt(bodyFile path: String, as name: BlobName) throws(BlobStoreError) -> any StagedBlob

    /// Fails as `.absent` when the store is there and the blob is not.
    func open(_ name: BlobName) throws(BlobStoreError) -> any BlobReader

    /// Where a blob lies relative to the store's root, for a web server that sends it itself; nil for remote stores.
    func path(of name: BlobName) -> String?

    /// Where a blob lies on this host; nil for remote stores.
    func absolutePath(of name: BlobName) -> String?

    /// Where a web server may fetch a blob by GET in the next minutes, without further credentials; nil for local stores.
    func presignedTarget(of name: BlobName) throws(BlobStoreError) -> PresignedTarget?

    /// Removes blobs; one that is absent already is no error. What was removed before a failure stays removed.
    func remove(_ names: [BlobName]) throws(BlobStoreError)

    /// Size and time of a blob, without reading it. Fails as `.absent` when the store is there and the blob is not.
    func status(of name: BlobName) throws(BlobStoreError) -> BlobStatus

    /// The blobs there are, by name.
    ///
    /// - Parameters:
    ///   - last: the name after which to begin; nil for the first.
    ///   - limit: a page may have fewer than this; only an empty one is the end.
    func list(after last: BlobName?, limit: Int) throws(BlobStoreError) -> [BlobStatus]

    /// The UUID by which a database recognises its store, wherever that is moved to; nil where none was written.
    func mark() throws(BlobStoreError) -> String?

    /// Writes that UUID, durably, in the place of an earlier one.
    func setMark(_ mark: String) throws(BlobStoreError)

    /// Succeeds when a blob could be stored and read back now.
    func probe() throws(BlobStoreError)

    /// Removes what interrupted uploads left behind longer ago than `age` and nobody holds any more; returns how many
    /// leftovers there were.
    ///
    /// - Parameter age: nil for what the kind of store calls for: a minute where locks tell who is still at work, a day
    ///   where only time does.
    func sweepAbandonedStages(olderThan age: Duration?) throws(BlobStoreError) -> Int

    /// Uploads in parts that are neither complete nor aborted; nil for a kind of store that has none.
    func openUploads() throws(BlobStoreError) -> OpenUploads?
}

extension BlobStore {
    /// Removes one blob.
    public func remove(_ name: BlobName) throws(BlobStoreError) { try remove([name]) }

    public func openUploads() throws(BlobStoreError) -> OpenUploads? { nil }

    /// Removes leftovers that are old enough for this kind of store.
    public func sweepAbandonedStages() throws(BlobStoreError) -> Int {
        try sweepAbandonedStages(olderThan: nil)
    }
}

/// A blob on its way in: `write` any number of times, `finish`, compare, `publish`. After an error, or when this is
/// released unpublished, nothing of it remains.
public protocol StagedBlob: AnyObject {
    /// The bytes so far.
    var size: Int64 { get }

    /// Appends bytes. Fails as `.full` when the store has no room, as `.refused` after `finish` or for an adopted blob.
    func write(_ bytes: Span<UInt8>) throws(BlobStoreError)

    /// Tells what the bytes are, which are all. May be asked again.
    func finish() throws(BlobStoreError) -> BlobContent

    /// Makes the finished blob readable under its name; both are durable then. Fails as `.exists` rather than overwrite.
    func publish() throws(BlobStoreError)

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
