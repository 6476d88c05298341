// A file in stage/ that holds an upload. The process that uploads holds a lock on it. `publish` links it to the blob's
// name. If the file in stage/ has the blob's name, too, it is a pending marker: it stays beside the published blob
// until the blob has a row.
//
// A marker needs no fsync of its own. File systems with a journal (ext4, XFS, btrfs) keep the order of changes to
// directories, so after a power failure no blob exists without its marker. On other file systems, `coffer check` finds
// such a blob.

internal import POSIX

/// Owns a name in stage/. The name is removed when this is released, unless it is the marker of a published blob.
final class StageFile {
    /// The number of bytes to write before the kernel is asked to send them to the disk.
    private static let writebackStep: Int64 = 8 << 20

    let file: FileDescriptor
    private let path: String
    private let layout: LocalLayout
    private let isMarker: Bool
    private var name = Name.ours
    private var writebackStarted: Int64 = 0

    /// The state of the name in stage/.
    private enum Name {
        /// Removed when this is released.
        case ours
        /// The marker of a published blob. Removed by `discard`, or later by the sweep.
        case marker
        case removed
    }

    private init(_ file: consuming FileDescriptor, _ path: String, _ layout: LocalLayout, isMarker: Bool) {
        self.file = file
        self.path = path
        self.layout = layout
        self.isMarker = isMarker
    }

    deinit {
        if name == .ours { discard() }
    }

    /// Makes a new, empty file.
    ///
    /// - Parameter name: the name of the blob, if the file is its pending marker. nil for other files.
    static func create(in layout: LocalLayout, pending name: BlobName?) throws(BlobStoreError) -> StageFile {
        try layout.requireOwner()
        let path = layout.stagePath(pending: name)
        return try mapError(to: BlobStoreError.self) {
            let stage = StageFile(try layout.createFile(path), path, layout, isMarker: name != nil)
            try stage.lock()
            return stage
        }
    }

    /// Gives an existing file a second name in stage/.
    ///
    /// - Returns: nil if the file must be copied instead: it is on another file system, or it belongs to another user,
    ///   who could change it later.
    static func link(
        _ source: String, in layout: LocalLayout, pending name: BlobName?
    ) throws(BlobStoreError) -> StageFile? {
        let path = layout.stagePath(pending: name)
        do {
            try FileSystem.link(source, to: path)
            let stage = try openLinked(path, layout, isMarker: name != nil)
            try stage.file.takeOwnership()
            try stage.file.setMode(0o640)
            try stage.lock()
            return stage
        } catch  where needsCopy(error) {
            return nil
        } catch {
            throw BlobStoreError(error)
        }
    }

    /// Whether a file must be copied because it could not be linked: across file systems, beyond the maximum number of
    /// links, another user's file, or on a file system without links.
    static func needsCopy(_ error: SystemError) -> Bool {
        [
            ErrorNumber.crossDevice, ErrorNumber.notPermitted, ErrorNumber.tooManyLinks, ErrorNumber.notSupported,
        ].contains(error.number)
    }

    /// Starts writing the bytes before `offset` to the disk, so that the final fsync takes less time. Call it often:
    /// with large steps, the call itself waits for the disk.
    func startWriteback(upTo offset: Int64) {
        guard offset - writebackStarted >= Self.writebackStep else { return }
        // This is only a hint. fsync reports errors.
        try? file.startWriteback(offset: writebackStarted, length: offset - writebackStarted)
        writebackStarted = offset
    }

    /// Makes the complete file a blob. Its bytes and its name are durable when this returns.
    ///
    /// The name is linked before both flushes. The first flush then commits bytes and name to the journal together;
    /// linking between the flushes would need a second commit. A crash before the flushes may leave a blob with missing
    /// bytes. No row refers to it yet, only its pending marker or its row in the list of garbage.
    func publish(as name: BlobName) throws(BlobStoreError) {
        defer {
            if self.name == .ours { discard() }
        }
        do throws(SystemError) {
            let directory = try layout.openDirectory(of: name)
            // Not rename(2), which would overwrite.
            try directory.link(path, as: name.description)
            if isMarker { self.name = .marker }
            do {
                try file.fsync()
                try directory.fsync()
            } catch {
                // If the link cannot be removed, the blob may still exist. That counts as an outage, whatever the
                // first error was.
                do {
                    try directory.unlink(name.description)
                } catch {
                    throw SystemError(.unlink, ErrorNumber.inputOutput)
                }
                self.name = .ours
                throw error
            }
        } catch {
            throw BlobStoreError(error)
        }
    }

    /// Removes the name in stage/. If that fails, the sweep removes it later.
    func discard() {
        guard name != .removed else { return }
        name = .removed
        try? FileSystem.unlink(path)
    }

    private static func openLinked(
        _ path: String, _ layout: LocalLayout, isMarker: Bool
    ) throws(SystemError) -> StageFile {
        do {
            return StageFile(
                try FileSystem.openRegular(path, for: .readingAndWriting), path, layout, isMarker: isMarker)
        } catch {
            try? FileSystem.unlink(path)
            throw error
        }
    }

    /// Does not wait, since only a sweep that considers this file abandoned can hold the lock.
    private func lock() throws(SystemError) {
        if try !file.tryLockExclusively() { throw SystemError(.flock, ErrorNumber.wouldBlock) }
    }
}
