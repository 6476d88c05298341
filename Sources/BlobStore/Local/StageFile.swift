// A file in stage/: exclusively ours, locked as long as we are at work on it, and gone afterwards. That it is flushed
// before `publish` returns is what makes an acknowledged upload durable. One that is named as its blob is a marker: it stays beside the blob
// until the blob is on record.
//
// A marker needs no fsync of its own. File systems with a journal (ext4, XFS, btrfs) keep the order of changes to folders,
// so no blob is there after a power cut whose marker is not; where that does not hold, `coffer check` finds the blob.

internal import POSIX

/// Owns one name in stage/ and removes it, at the latest when this is released; the marker of a published blob stays.
final class StageFile {
    /// How many bytes may gather before the kernel is told to start writing them out.
    private static let writebackStep: Int64 = 8 << 20

    let file: FileDescriptor
    private let path: String
    private let layout: LocalLayout
    private let isMarker: Bool
    private var name = Name.ours
    private var writebackStarted: Int64 = 0

    /// The name in stage/.
    private enum Name {
        /// Removed at the latest with this.
        case ours
        /// The marker of a blob that is published: removed when it is told to be, and else by the sweep.
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
    /// - Parameter name: of the blob that the file is to be a marker of; nil for none.
    static func create(in layout: LocalLayout, pending name: BlobName?) throws(BlobStoreError) -> StageFile {
        try layout.requireOwner()
        let path = try layout.stagePath(pending: name)
        do {
            let stage = StageFile(try layout.createFile(path), path, layout, isMarker: name != nil)
            try stage.lock()
            return stage
        } catch {
            throw BlobStoreError(error)
        }
    }

    /// Gives an existing file a second name in stage/.
    ///
    /// Nil when that cannot be done and a copy can: the file lies on another file system, or is someone else's, who
    /// could change it later.
    static func link(
        _ source: String, in layout: LocalLayout, pending name: BlobName?
    ) throws(BlobStoreError) -> StageFile? {
        let path = try layout.stagePath(pending: name)
        do {
            try FileSystem.link(source, to: path)
            let stage = try openLinked(path, layout, isMarker: name != nil)
            try stage.file.takeOwnership()
            try stage.file.setMode(0o640)
            try stage.lock()
            return stage
        } catch
            where [ErrorNumber.crossDevice, ErrorNumber.notPermitted, ErrorNumber.tooManyLinks].contains(error.number)
        {
            return nil
        } catch {
            throw BlobStoreError(error)
        }
    }

    /// Lets the disk work on what lies before `offset`, so that the fsync in the end is short. To be called again and again: who
    /// hands over much at once waits for most of it.
    func startWriteback(upTo offset: Int64) {
        guard offset - writebackStarted >= Self.writebackStep else { return }
        // A hint only; fsync reports what goes wrong.
        try? file.startWriteback(offset: writebackStarted, length: offset - writebackStarted)
        writebackStarted = offset
    }

    /// Makes the file, which is complete, a blob: its bytes and its name are durable when this returns.
    ///
    /// First the name, then both flushes: a journal has all of it by the first one then, where a name that came between
    /// them would be a second commit. What a crash leaves in between may lack bytes, so nobody may know of it yet but the
    /// list or the marker of what is on its way in.
    func publish(as name: BlobName) throws(BlobStoreError) {
        defer {
            if self.name == .ours { discard() }
        }
        do throws(SystemError) {
            let folder = try layout.openDirectory(of: name)
            // Not rename(2), which would overwrite.
            try folder.link(path, as: name.description)
            if isMarker { self.name = .marker }
            do {
                try file.fsync()
                try folder.fsync()
            } catch {
                // What cannot be taken back either is an outage, whatever the first error was: it may still be there.
                do { try folder.unlink(name.description) } catch { throw SystemError(.unlink, ErrorNumber.inputOutput) }
                self.name = .ours
                throw error
            }
        } catch {
            throw BlobStoreError(error)
        }
    }

    /// Removes the name in stage/. A name that cannot be removed is left to the sweep.
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

    /// Does not wait: nobody but a sweep that takes this file for abandoned can hold the lock.
    private func lock() throws(SystemError) {
        if try !file.tryLockExclusively() { throw SystemError(.flock, ErrorNumber.wouldBlock) }
    }
}
