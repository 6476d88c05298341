// A blob that arrives in several requests: one file in stage/, to which each request appends. Bytes beyond the recorded
// offset are of an interrupted request, and the next one overwrites them.

internal import POSIX

final class UnfinishedFile: ResumableBlob {
    /// In bytes. A client that dies loses at most this much.
    private static let piece = 8 << 20

    private let name: BlobName
    private let length: Int64
    private let layout: LocalLayout
    private var digest: ResumableDigest
    private var buffer: Buffer
    private var saved: Int64
    /// nil before the first `save`.
    private var file: FileDescriptor?

    init(_ name: BlobName, length: Int64, from progress: BlobProgress, in layout: LocalLayout) throws(BlobStoreError) {
        (self.name, self.length, self.layout) = (name, length, layout)
        digest = try ResumableDigest(progress)
        saved = progress.size
        buffer = Buffer(capacity: Int(min(Int64(Self.piece), max(1, length - saved))))
    }

    var size: Int64 { saved + Int64(buffer.count) }

    var room: Int { buffer.capacity - buffer.count }

    func append(_ bytes: Span<UInt8>) {
        buffer.append(copying: bytes)
        digest.update(bytes)
    }

    func save() throws(BlobStoreError) -> BlobProgress {
        if file == nil { file = try openFile() }
        do throws(SystemError) {
            try buffer.withBytes { (bytes) throws(SystemError) in try file?.write(all: bytes, at: saved) }
            try file?.fsync()
        } catch {
            // After a failed fsync the contents are unknown, and a second one may wrongly succeed.
            file = nil
            throw BlobStoreError(error)
        }
        saved += Int64(buffer.count)
        buffer.removeAll()
        return BlobProgress(size: saved, digest: digest.state)
    }

    func recorded() {}

    func complete() throws(BlobStoreError) -> any PendingBlob {
        guard size == length, saved == length else { throw BlobStoreError(.refused, "The blob is not complete.") }
        let file = if let file = file.take() { file } else { try openFile() }
        let progress = BlobProgress(size: saved, digest: digest.state)
        return FinishedFile(file, try ResumableDigest(progress).finish(), name, layout)
    }

    /// Opens the file, or makes it if nothing has been recorded. Its name is durable before bytes in it count.
    private func openFile() throws(BlobStoreError) -> FileDescriptor {
        let path = layout.unfinishedPath(of: name)
        do {
            return try existingFile(path)
        } catch  where error.number == ErrorNumber.noSuchFile {
            try layout.requirePresence()
            guard saved == 0 else { throw Self.lost }
            return try mapError(to: BlobStoreError.self) {
                let file = try layout.createFile(path)
                try layout.openDirectory(layout.stage).fsync()
                return file
            }
        } catch {
            throw BlobStoreError(error)
        }
    }

    private func existingFile(_ path: String) throws(SystemError) -> FileDescriptor {
        let file = try FileSystem.open(path, for: .readingAndWriting, followingLinks: false)
        guard try file.status().size >= saved else { throw SystemError(.open, ErrorNumber.noSuchFile) }
        return file
    }

    private static let lost = BlobStoreError(.absent, "The bytes of an unfinished upload have been lost.")
}

/// The complete file. Its second name is the blob's.
private final class FinishedFile: PendingBlob {
    private let file: FileDescriptor
    private let content: BlobContent
    private let name: BlobName
    private let layout: LocalLayout

    init(_ file: consuming FileDescriptor, _ content: BlobContent, _ name: BlobName, _ layout: LocalLayout) {
        self.file = file
        (self.content, self.name, self.layout) = (content, name, layout)
    }

    var size: Int64 { content.size }

    func write(_ bytes: Span<UInt8>) throws(BlobStoreError) {
        throw BlobStoreError(.refused, "The blob is finished already.")
    }

    func finish() throws(BlobStoreError) -> BlobContent { content }

    /// As in `StageFile.publish`, the name is linked before both flushes.
    func publish() throws(BlobStoreError) {
        do throws(SystemError) {
            let directory = try layout.openDirectory(of: name)
            do {
                try directory.link(layout.unfinishedPath(of: name), as: name.description)
            } catch  where error.number == ErrorNumber.fileExists {
                // An earlier attempt was interrupted before its commit.
                guard try directory.status(of: name.description).inode == file.status().inode else { throw error }
            }
            try file.fsync()
            try directory.fsync()
        } catch {
            throw BlobStoreError(error)
        }
    }

    /// If this fails, the sweep removes the name later.
    func confirm() { try? FileSystem.unlink(layout.unfinishedPath(of: name)) }

    func discard() {}
}
