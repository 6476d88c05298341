// The interface of all blob stores. A blob is immutable: it is staged, published as a whole under a new name, read any
// number of times, and removed.

/// The properties of a blob's bytes.
public struct BlobContent: Equatable, Sendable {
    /// In bytes.
    public let size: Int64
    /// 32 bytes.
    public let sha256: [UInt8]
    /// Whether the bytes are UTF-8 text with characters beyond ASCII.
    public let isUTF8: Bool

    public init(size: Int64, sha256: [UInt8], isUTF8: Bool = false) {
        self.size = size
        self.sha256 = sha256
        self.isUTF8 = isUTF8
    }
}

/// The properties of a blob that a store knows without reading it.
public struct BlobStatus: Equatable, Sendable {
    public let name: BlobName
    /// In bytes.
    public let size: Int64
    /// When the blob was published, in whole seconds since 1970.
    public let modified: Int64

    public init(name: BlobName, size: Int64, modified: Int64) {
        self.name = name
        self.size = size
        self.modified = modified
    }
}

/// A presigned URL, in the parts that a web server needs to fetch a blob from a remote store.
public struct PresignedTarget: Equatable, Sendable {
    /// `https://host:port`
    public let origin: String
    /// Path and query, encoded. Secret while it is valid: anyone who has it can read the blob.
    public let target: String
}

/// A blob to copy.
public struct BlobCopy: Equatable, Sendable {
    public let source: BlobName
    /// A new name.
    public let target: BlobName
    /// The size of the source in bytes.
    public let size: Int64

    public init(from source: BlobName, to target: BlobName, size: Int64) {
        (self.source, self.target, self.size) = (source, target, size)
    }
}

/// A store of blobs. It can stay open for the life of a process. During an outage its calls fail as `.unavailable`.
public protocol BlobStore: AnyObject {
    /// Begins a blob whose bytes the caller writes.
    ///
    /// - Parameters:
    ///   - name: a new name.
    ///   - length: the number of bytes that will be written. nil if it is unknown.
    func stage(as name: BlobName, length: Int64?) throws(BlobStoreError) -> any StagedBlob

    /// Begins a blob whose bytes a web server on this host has already written to a file. The file keeps its name; the
    /// web server removes it.
    ///
    /// - Throws: `.refused` unless `path` is a regular file. A symbolic link is not followed.
    func stage(handOff path: String, as name: BlobName) throws(BlobStoreError) -> any StagedBlob

    /// Continues a blob that arrives in several requests, or begins it. Stores nothing before the first `save`.
    ///
    /// - Parameters:
    ///   - name: the name for the blob.
    ///   - length: the number of bytes that the blob will have, at least 1.
    ///   - progress: as returned by the last `save` whose result was recorded.
    /// - Throws: `.tooLarge`, or as `ResumableBlob.save`.
    func resume(
        _ name: BlobName, length: Int64, from progress: BlobProgress
    ) throws(BlobStoreError) -> any ResumableBlob

    /// Removes what there is of unfinished blobs, but not published ones. Absent ones are ignored.
    func discardUnfinished(_ names: [BlobName]) throws(BlobStoreError)

    /// Opens a blob for reading.
    ///
    /// - Throws: `.absent` if the store is available, but has no such blob.
    func open(_ name: BlobName) throws(BlobStoreError) -> any BlobReader

    /// Copies blobs within the store. The copies are durable when this returns. They remain if a source is removed, and
    /// no bytes pass through this process unless the file system cannot link a file.
    ///
    /// - Throws: `.absent` if the store is available, but has no such source. Some of the copies may exist then, as
    ///   after every error.
    func copy(_ copies: [BlobCopy]) throws(BlobStoreError)

    /// A blob's path relative to the store's root, for a web server that sends the file itself. nil for remote stores.
    func path(of name: BlobName) -> String?

    /// A blob's absolute path on this host. nil for remote stores.
    func absolutePath(of name: BlobName) -> String?

    /// A URL by which a web server can GET a blob in the next five minutes without credentials. nil for local stores.
    func presignedTarget(of name: BlobName) throws(BlobStoreError) -> PresignedTarget?

    /// Removes blobs. Absent blobs are ignored. If the call fails, some of the blobs may have been removed.
    func remove(_ names: [BlobName]) throws(BlobStoreError)

    /// A blob's size and time.
    ///
    /// - Throws: `.absent` if the store is available, but has no such blob.
    func status(of name: BlobName) throws(BlobStoreError) -> BlobStatus

    /// One page of the store's blobs, ordered by name.
    ///
    /// - Parameters:
    ///   - last: the page begins after this name. nil for the first page.
    ///   - limit: the most blobs in a page. A page may have fewer; only an empty page is the end.
    func list(after last: BlobName?, limit: Int) throws(BlobStoreError) -> [BlobStatus]

    /// The UUID by which a database recognises its store, also after the store has moved. nil if it has none.
    func mark() throws(BlobStoreError) -> String?

    /// Writes the UUID durably. It replaces an earlier one.
    func setMark(_ mark: String) throws(BlobStoreError)

    /// Tests that a blob can be stored and read back.
    func probe() throws(BlobStoreError)

    /// Removes the remains of interrupted uploads that are older than `age` and that no process uses.
    ///
    /// - Parameters:
    ///   - age: nil for the default of the kind of store: a minute if locks show which uploads are active, a day if
    ///     only their age does.
    ///   - open: returns those of these names that are resumable uploads, which stay. It is called once the remains are
    ///     known, so that it knows all of them.
    /// - Returns: how many were removed.
    func sweepAbandonedStages(
        olderThan age: Duration?, except open: ([BlobName]) throws -> Set<BlobName>
    ) throws -> Int

    /// Multipart uploads that are neither completed nor aborted. nil for a kind of store that has no such uploads.
    func openUploads() throws(BlobStoreError) -> OpenUploads?
}

extension BlobStore {
    /// Removes one blob.
    public func remove(_ name: BlobName) throws(BlobStoreError) { try remove([name]) }

    public func openUploads() throws(BlobStoreError) -> OpenUploads? { nil }

    /// Removes the remains of interrupted uploads where there are no resumable ones.
    public func sweepAbandonedStages(olderThan age: Duration? = nil) throws -> Int {
        try sweepAbandonedStages(olderThan: age, except: { _ in [] })
    }
}

/// A blob that is being uploaded: `write` any number of times, `finish`, compare, `publish`. After an error, or if it
/// is released before `publish`, nothing of it remains.
public protocol StagedBlob: AnyObject {
    /// The number of bytes so far.
    var size: Int64 { get }

    /// Appends bytes.
    ///
    /// - Throws: `.full` if the store has no room. `.refused` after `finish`, and for a body file.
    func write(_ bytes: Span<UInt8>) throws(BlobStoreError)

    /// Ends the bytes and returns their properties. It can be called again.
    func finish() throws(BlobStoreError) -> BlobContent

    /// Makes the blob readable under its name. Its bytes and its name are durable when this returns.
    ///
    /// - Throws: `.exists` if the name is taken; a blob is never overwritten.
    func publish() throws(BlobStoreError)

    /// Removes an unpublished blob.
    func discard()
}

/// A blob that is open for reading. A local blob stays readable even if it is removed.
public protocol BlobReader: AnyObject {
    /// In bytes.
    var size: Int64 { get }

    /// Appends the bytes from `offset` (in bytes) until `buffer` is full or the blob ends.
    ///
    /// - Returns: the number of bytes appended.
    @discardableResult
    func read(at offset: Int64, into buffer: inout OutputSpan<UInt8>) throws(BlobStoreError) -> Int
}
