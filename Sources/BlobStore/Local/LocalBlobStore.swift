// Blobs in a directory of this host. Nothing is kept open between calls, so the store works again as soon as a lost
// file system is back.

internal import POSIX

final class LocalBlobStore: MarkingBlobStore, OwnedBlobStore {
    private static let copyBufferSize = 256 << 10

    let layout: LocalLayout

    init(_ layout: LocalLayout) {
        self.layout = layout
    }

    func stage(as name: BlobName, length: Int64?) throws(BlobStoreError) -> any StagedBlob {
        try WrittenBlob(StageFile.create(in: layout, pending: nil), as: name)
    }

    func stagePending(as name: BlobName) throws(BlobStoreError) -> any PendingBlob {
        try WrittenBlob(StageFile.create(in: layout, pending: name), as: name)
    }

    func stage(handOff path: String, as name: BlobName) throws(BlobStoreError) -> any StagedBlob {
        try take(path, as: name, pending: nil)
    }

    func stagePending(handOff path: String, as name: BlobName) throws(BlobStoreError) -> any PendingBlob {
        try take(path, as: name, pending: name)
    }

    private func take(
        _ path: String, as name: BlobName, pending marker: BlobName?
    ) throws(BlobStoreError) -> any PendingBlob {
        if let stage = try StageFile.link(path, in: layout, pending: marker) { return try HandOffBlob(stage, as: name) }
        return try copy(path, to: WrittenBlob(StageFile.create(in: layout, pending: marker), as: name))
    }

    func resume(
        _ name: BlobName, length: Int64, from progress: BlobProgress
    ) throws(BlobStoreError) -> any ResumableBlob {
        try UnfinishedFile(name, length: length, from: progress, in: layout)
    }

    func open(_ name: BlobName) throws(BlobStoreError) -> any BlobReader {
        do {
            return try LocalBlobReader(layout.path(of: name))
        } catch  where error.number == ErrorNumber.noSuchFile {
            try layout.requirePresence()
            throw BlobStoreError(.absent, "The blob is not in the store.", underlying: error)
        } catch {
            throw BlobStoreError(error)
        }
    }

    func path(of name: BlobName) -> String? { layout.relativePath(of: name) }

    func absolutePath(of name: BlobName) -> String? { layout.path(of: name) }

    func presignedTarget(of name: BlobName) throws(BlobStoreError) -> PresignedTarget? { nil }

    func remove(_ names: [BlobName]) throws(BlobStoreError) {
        try layout.requireOwner()
        for group in Dictionary(grouping: names, by: \.prefix).values { try removeGroup(group) }
    }

    /// Removes blobs of one directory durably. They must not come back after a crash, as the garbage list no longer has
    /// them.
    private func removeGroup(_ names: [BlobName]) throws(BlobStoreError) {
        do {
            try layout.remove(names)
        } catch  where error.number == ErrorNumber.noSuchFile {
            try layout.requirePresence()
        } catch {
            throw BlobStoreError(error)
        }
    }

    /// Copies the bytes of a file that cannot be linked.
    func copy(_ path: String, to blob: WrittenBlob) throws(BlobStoreError) -> WrittenBlob {
        let source = try mapError(to: BlobStoreError.self) { try FileSystem.openRegular(path, for: .reading) }
        try source.forEachChunk(size: Self.copyBufferSize, blob.write)
        return blob
    }
}
