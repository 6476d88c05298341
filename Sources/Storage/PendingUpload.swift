// The only way by which bytes become a file: receive, compare, commit. What is not committed is undone, and a crash at
// any point leaves no blob that the garbage collector cannot find, as the name of each is pending before its first
// byte.
//
// One-phase: the store keeps a pending marker, the name of the file in stage/, and one transaction stores the file.
// This needs a store that keeps markers, and bytes that can be read again if uploads go to another store by then.
// Two-phase: a first transaction lists the name in the database, and the second takes it off the list.

public import BlobStore
internal import Postgres

public struct PendingUpload<Database: UploadDatabase>: ~Copyable {
    private let file: NewFile
    private let source: UploadSource
    private let stores: StoreCache
    private let database: Database
    private var blob: ReceivedBlob?
    private var content: BlobContent?
    /// The name on the database's list that is to be struck off if this is not committed. It is kept on the list where
    /// a store or the database is unavailable: the blob may still be there, or may even have become the file.
    private var listed: BlobName?

    /// A blob on its way in.
    private struct ReceivedBlob {
        let name: BlobName
        let store: any BlobStore
        let staged: any StagedBlob
        /// The same as `staged` if the store keeps its pending marker.
        var marked: (any PendingBlob)?
    }

    public init(_ file: NewFile, from source: UploadSource, into stores: StoreCache, _ database: Database) {
        (self.file, self.source, self.stores, self.database) = (file, source, stores, database)
    }

    deinit {
        blob?.staged.discard()
        if let listed { _ = try? database.run(NewFile.abandon(listed)) }
    }

    /// Takes in all bytes, which nobody can read yet.
    ///
    /// - Throws: `BlobStoreError`, or what the source or the database threw.
    public mutating func receive() throws -> BlobContent {
        if let marked = try receiveMarked() {
            content = marked
            return marked
        }
        let listed = try receiveListed()
        content = listed
        return listed
    }

    /// Makes the received bytes the file.
    ///
    /// - Returns: the id of the file.
    /// - Throws: `BlobLeftBehind`, `BlobStoreError`, or what the database threw. Nothing was stored then, unless the
    ///   database was unavailable.
    public consuming func commit() throws -> String {
        guard let content else { throw BlobStoreError(.refused, "No bytes were received.") }
        if let id = try store(content) { return id }
        // Uploads go to another store by now, so once more and two-phase.
        stores.receivesUploads = false
        let again = try receiveListed()
        guard again == content, let id = try store(again) else {
            throw BlobStoreError(.refused, "The body changed while it was stored.")
        }
        return id
    }

    // MARK: Receiving

    /// One-phase.
    ///
    /// - Returns: nil if that is not possible, or the store is unavailable, as another one may be in use by now.
    private mutating func receiveMarked() throws -> BlobContent? {
        guard source.isRepeatable, let store = stores.markingStore else { return nil }
        let name = try BlobName.generate()
        let marked: any PendingBlob
        do {
            marked = try mark(name, in: store)
        } catch  where error.isUnavailable {
            return nil
        }
        blob = ReceivedBlob(name: name, store: store, staged: marked, marked: marked)
        return try marked.finish()
    }

    private func mark(_ name: BlobName, in store: any MarkingBlobStore) throws(BlobStoreError) -> any PendingBlob {
        if case .file(let path) = source { return try store.stagePending(handOff: path, as: name) }
        let marked = try store.stagePending(as: name)
        if case .bytes(let bytes) = source { try marked.write(bytes.span) }
        return marked
    }

    /// Two-phase.
    private mutating func receiveListed() throws -> BlobContent {
        let name = try BlobName.generate()
        let url = try database.run(file.begin(name)).only().optionalText("store_url")
        listed = name
        do {
            let store = try stores.store(url)
            let staged = try stage(name, in: store)
            blob = ReceivedBlob(name: name, store: store, staged: staged)
            try fill(staged)
            return try staged.finish()
        } catch {
            keepListed(after: error)
            throw error
        }
    }

    private func stage(_ name: BlobName, in store: any BlobStore) throws(BlobStoreError) -> any StagedBlob {
        switch source {
        case .lost:
            // The web server's room is free again: was the store unavailable, or full?
            try store.probe()
            throw BlobStoreError(.full, "The web server found no room for a body.")
        case .file(let path): return try store.stage(handOff: path, as: name)
        case .bytes(let bytes): return try store.stage(as: name, length: Int64(bytes.count))
        case .stream: return try store.stage(as: name, length: file.size)
        }
    }

    private func fill(_ staged: any StagedBlob) throws {
        if case .bytes(let bytes) = source { try staged.write(bytes.span) }
        guard case .stream(let next) = source else { return }
        var buffer: [UInt8] = []
        repeat {
            try next(staged.size, &buffer)
            try staged.write(buffer.span)
        } while !buffer.isEmpty
    }

    // MARK: Committing

    /// Publishes the blob and stores the file.
    ///
    /// - Returns: nil, and the blob is removed again, if uploads go to another store by now.
    private mutating func store(_ content: BlobContent) throws -> String? {
        guard let blob = blob.take() else { return nil }
        let rows: Rows
        do {
            try blob.staged.publish()
            rows = try commit(blob, content)
        } catch {
            keepListed(after: error)
            throw error
        }
        guard let id = try rows.only().optionalText("store_file") else {
            try remove(blob)
            return nil
        }
        listed = nil
        blob.marked?.confirm()
        return id
    }

    private func commit(_ blob: ReceivedBlob, _ content: BlobContent) throws -> Rows {
        let url: Parameter = blob.marked == nil ? .null : .text(stores.configuredURL)
        do {
            return try database.commit(file.store(blob.name, content, in: url))
        } catch {
            // The file may have been stored: blob and pending marker, or blob and row, stay.
            if !database.isUnavailable(after: error) { try remove(blob) }
            throw error
        }
    }

    /// Takes back what was published for a commit that was refused.
    private func remove(_ blob: ReceivedBlob) throws {
        do {
            try blob.store.remove(blob.name)
        } catch {
            throw BlobLeftBehind(name: blob.name, reason: error)
        }
        blob.marked?.confirm()
    }

    private mutating func keepListed(after error: any Error) {
        let isUnavailable = (error as? BlobStoreError)?.isUnavailable == true || error is BlobLeftBehind
        if isUnavailable || database.isUnavailable(after: error) { listed = nil }
    }
}

/// The blob of a refused upload that could not be removed. The garbage collector finds it.
public struct BlobLeftBehind: Error {
    public let name: BlobName
    public let reason: BlobStoreError
}

extension BlobStoreError {
    /// Whether the store may have what it was asked to remove or to store, and may come back.
    var isUnavailable: Bool {
        switch kind {
        case .unavailable, .absent, .misconfigured: true
        case .full, .exists, .tooLarge, .refused: false
        }
    }
}
