// A blob that arrives in several requests: one file in stage/, to which each request appends. Bytes beyond the recorded
// offset are of an interrupted request, and the next one overwrites them.
//
// The bytes of a piece are written while it arrives, so that little is left for the fsync at its end. A process that
// appends holds a lock on the file. So one that has lost its lease writes nothing over the bytes of the next one.

internal import POSIX

final class UnfinishedFile: ResumableBlob {
    /// In bytes. A worker that dies loses at most this much.
    private static let piece: Int64 = 8 << 20
    /// The number of bytes to write before the kernel is asked to send them to the disk.
    private static let writebackStep: Int64 = 1 << 20
    /// How often and for how long `claim` waits: longer than another request needs to notice that it must end.
    private static let (pause, patience) = (Duration.milliseconds(50), 100)

    private let name: BlobName
    private let length: Int64
    private let layout: LocalLayout
    private var digest: ContentDigest
    private var saved: Int64
    private var writebackStarted: Int64
    /// nil before `claim`, and after a failure.
    private var file: FileDescriptor?

    init(_ name: BlobName, length: Int64, from progress: BlobProgress, in layout: LocalLayout) throws(BlobStoreError) {
        (self.name, self.length, self.layout) = (name, length, layout)
        digest = try ContentDigest(progress)
        (saved, writebackStarted) = (progress.size, progress.size)
    }

    let isExclusive = true

    func claim() throws(BlobStoreError) -> Bool {
        let file = try openFile()
        for _ in 0..<Self.patience {
            if try mapError(to: BlobStoreError.self, { try file.tryLockExclusively() }) {
                self.file = consume file
                return true
            }
            Clock.sleep(Self.pause)
        }
        return false
    }

    var size: Int64 { digest.size }

    var room: Int { Int(min(Self.piece, length - saved) - (size - saved)) }

    func append(_ bytes: Span<UInt8>) throws(BlobStoreError) {
        precondition(bytes.count <= room, "no room")
        try changeFile { (file) throws(SystemError) in try file.write(all: bytes, at: size) }
        digest.update(bytes)
        guard size - writebackStarted >= Self.writebackStep else { return }
        // This is only a hint. fsync reports errors.
        try? file?.startWriteback(offset: writebackStarted, length: size - writebackStarted)
        writebackStarted = size
    }

    func save() throws(BlobStoreError) -> BlobProgress {
        if size > saved { try changeFile { (file) throws(SystemError) in try file.fsync() } }
        saved = size
        return BlobProgress(size: saved, digest: digest.state)
    }

    /// After a failure the contents are unknown, and a second fsync may wrongly succeed.
    private func changeFile(
        _ body: (borrowing FileDescriptor) throws(SystemError) -> Void
    ) throws(BlobStoreError) {
        guard let opened = file.take() else { throw BlobStoreError(.refused, "The blob was not claimed.") }
        do {
            try body(opened)
        } catch {
            throw BlobStoreError(error)
        }
        file = consume opened
    }

    func recorded() {}

    func complete() throws(BlobStoreError) -> any PendingBlob {
        guard size == length, saved == length else { throw BlobStoreError(.refused, "The blob is not complete.") }
        let file = if let file = file.take() { file } else { try openFile() }
        let progress = BlobProgress(size: saved, digest: digest.state)
        return FinishedFile(file, try ContentDigest(progress).finish(), name, layout)
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
                let file = try newFile(path)
                try layout.openDirectory(layout.stage).fsync()
                return file
            }
        } catch {
            throw BlobStoreError(error)
        }
    }

    /// Another process may make it at the same time.
    private func newFile(_ path: String) throws(SystemError) -> FileDescriptor {
        do {
            return try layout.createFile(path)
        } catch  where error.number == ErrorNumber.fileExists {
            return try existingFile(path)
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
