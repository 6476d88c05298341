// The only way by which bytes become a file: receive, compare, commit. An upload that is not committed is undone. A
// crash at any point leaves no blob that the garbage collector cannot find, since a blob's name is pending before its
// first byte is stored.
//
// One-phase: the store keeps a pending marker, and one transaction stores the file. This needs a store that keeps
// markers, and bytes that can be read again in case another store has become the current one.
// Two-phase: a first transaction lists the name in the database, and the second one takes it off the list.
// Resumable: the row of the upload lists the name, and has done so since the first of several requests.

public import BlobStore
internal import Postgres

public struct PendingUpload<Database: UploadDatabase>: ~Copyable {
    private let file: NewFile
    private let source: UploadSource
    private let stores: StoreCache
    private let database: Database
    private var received: ReceivedBlob?
    /// The name to take off the database's list if this upload is not committed. nil if it must stay there because a
    /// store or the database was unavailable: the blob may still exist, or may even have become the file.
    private var listed: BlobName?

    private var stopwatch: Stopwatch { stores.stopwatch }

    /// A complete blob that is not published yet.
    private struct ReceivedBlob {
        let name: BlobName
        let store: any BlobStore
        let staged: any StagedBlob
        /// The same as `staged` if more than the blob is to be removed after the commit, otherwise nil.
        let pending: (any PendingBlob)?
        /// Whether a row of the database names the blob.
        let isListed: Bool
        /// Whether the blob stays if the commit is refused, so that it can be committed later.
        var isKept = false
        let content: BlobContent
    }

    public init(_ file: NewFile, from source: UploadSource, into stores: StoreCache, _ database: Database) {
        (self.file, self.source, self.stores, self.database) = (file, source, stores, database)
    }

    deinit {
        received?.staged.discard()
        // If this fails, the garbage collector removes the name.
        if let listed { _ = try? database.run(NewFile.abandon(listed)) }
    }

    /// Stores all bytes in a blob that cannot be read yet.
    ///
    /// - Throws: `BlobStoreError`, or an error of the source or the database.
    public mutating func receive() throws -> BlobContent {
        let blob: ReceivedBlob
        if case .unfinished(let pending, let name, let store) = source {
            blob = ReceivedBlob(
                name: name, store: store, staged: pending, pending: pending, isListed: true, isKept: true,
                content: try finish(pending))
        } else if let pending = try receiveOnePhase() {
            blob = pending
        } else {
            blob = try receiveTwoPhase()
        }
        received = blob
        return blob.content
    }

    /// Makes the received blob the file.
    ///
    /// - Returns: the id of the file.
    /// - Throws: `BlobLeftBehind`, `BlobStoreError`, or an error of the database. The file was not stored then, unless
    ///   the database was unavailable: in that case it may have been.
    public consuming func commit() throws -> String {
        guard let blob = received.take() else { throw BlobStoreError(.refused, "No bytes were received.") }
        if let id = try store(blob) { return id }
        // Another store is current, so the upload starts again in two phases.
        stores.receivesUploads = false
        let again = try receiveTwoPhase()
        guard again.content == blob.content, let id = try store(again) else {
            throw BlobStoreError(.refused, "The body changed while it was stored.")
        }
        return id
    }

    // MARK: Receiving

    /// - Returns: nil if the upload needs two phases, or if the store is unavailable, since another one may be current.
    private func receiveOnePhase() throws -> ReceivedBlob? {
        guard source.isRepeatable, let store = stores.markingStore else { return nil }
        let name = BlobName.generate()
        let pending: any PendingBlob
        do {
            pending = try stagePending(name, in: store)
        } catch  where error.isUnavailable {
            return nil
        }
        return ReceivedBlob(
            name: name, store: store, staged: pending, pending: pending, isListed: false,
            content: try finish(pending))
    }

    private func stagePending(
        _ name: BlobName, in store: any MarkingBlobStore
    ) throws(BlobStoreError) -> any PendingBlob {
        stopwatch.start()
        defer { stopwatch.stop() }
        if case .file(let path) = source { return try store.stagePending(handOff: path, as: name) }
        let pending = try store.stagePending(as: name)
        if case .bytes(let bytes) = source { try pending.write(bytes.span) }
        return pending
    }

    private mutating func receiveTwoPhase() throws -> ReceivedBlob {
        let name = BlobName.generate()
        let url = try database.run(file.begin(name)).only().optionalText("store_url")
        listed = name
        do {
            let store = try stores.store(url)
            let staged = try stage(name, in: store)
            try fill(staged)
            return ReceivedBlob(
                name: name, store: store, staged: staged, pending: nil, isListed: true,
                content: try finish(staged))
        } catch {
            keepListed(after: error)
            throw error
        }
    }

    private func stage(_ name: BlobName, in store: any BlobStore) throws(BlobStoreError) -> any StagedBlob {
        stopwatch.start()
        defer { stopwatch.stop() }
        switch source {
        case .lost:
            // The web server has removed what it could write of the body. So the probe fails if the store is
            // unavailable, and otherwise the body was too large for the free space.
            try store.probe()
            throw BlobStoreError(.full, "The web server found no room for a body.")
        case .file(let path): return try store.stage(handOff: path, as: name)
        case .bytes(let bytes): return try store.stage(as: name, length: Int64(bytes.count))
        case .stream, .unfinished: return try store.stage(as: name, length: file.size)
        }
    }

    private func fill(_ staged: any StagedBlob) throws {
        if case .bytes(let bytes) = source { try write(bytes.span, to: staged) }
        guard case .stream(let next) = source else { return }
        var buffer: [UInt8] = []
        repeat {
            try next(staged.size, &buffer)
            try write(buffer.span, to: staged)
        } while !buffer.isEmpty
    }

    // MARK: Committing

    /// Publishes the blob and stores the file.
    ///
    /// - Returns: the id of the file. nil if another store is current; the blob is removed then.
    private mutating func store(_ blob: ReceivedBlob) throws -> String? {
        do {
            try publish(blob.staged)
            guard let id = try commit(blob) else {
                try remove(blob)
                return nil
            }
            listed = nil
            confirm(blob.pending)
            return id
        } catch {
            keepListed(after: error)
            throw error
        }
    }

    private func commit(_ blob: ReceivedBlob) throws -> String? {
        let url: Parameter = blob.isListed ? .null : .text(stores.configuredURL)
        let rows: Rows
        do {
            rows = try database.commit(file.store(blob.name, blob.content, in: url))
        } catch {
            // If the database is unavailable, the file may have been stored. So the blob stays, with its marker or row.
            if !database.isUnavailable(after: error), !blob.isKept { try remove(blob) }
            throw error
        }
        return try rows.only().optionalText("store_file")
    }

    /// Removes a published blob whose commit was refused.
    private func remove(_ blob: ReceivedBlob) throws {
        do {
            stopwatch.start()
            defer { stopwatch.stop() }
            try blob.store.remove(blob.name)
        } catch {
            throw BlobLeftBehind(name: blob.name, reason: error)
        }
        confirm(blob.pending)
    }

    private mutating func keepListed(after error: any Error) {
        let isUnavailable = (error as? BlobStoreError)?.isUnavailable == true || error is BlobLeftBehind
        if isUnavailable || database.isUnavailable(after: error) { listed = nil }
    }
}

extension PendingUpload {
    // The steps of a store, measured. Swift 6.3.1 crashes on closures in some of their callers.

    private func finish(_ staged: any StagedBlob) throws(BlobStoreError) -> BlobContent {
        stopwatch.start()
        defer { stopwatch.stop() }
        return try staged.finish()
    }

    private func write(_ bytes: Span<UInt8>, to staged: any StagedBlob) throws(BlobStoreError) {
        stopwatch.start()
        defer { stopwatch.stop() }
        try staged.write(bytes)
    }

    private func publish(_ staged: any StagedBlob) throws(BlobStoreError) {
        stopwatch.start()
        defer { stopwatch.stop() }
        try staged.publish()
    }

    private func confirm(_ pending: (any PendingBlob)?) {
        stopwatch.start()
        defer { stopwatch.stop() }
        pending?.confirm()
    }
}

/// The blob of a refused upload that could not be removed. The garbage collector finds it.
public struct BlobLeftBehind: Error {
    public let name: BlobName
    public let reason: BlobStoreError
}

extension BlobStoreError {
    /// Whether the store could not be used, so the blob may exist there although the call failed.
    var isUnavailable: Bool {
        switch kind {
        case .unavailable, .absent, .misconfigured: true
        case .full, .exists, .tooLarge, .refused: false
        }
    }
}
