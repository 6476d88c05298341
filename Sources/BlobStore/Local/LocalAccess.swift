// Checks that the workers can use the files of a local store. root can use all files, so it does not notice a wrong
// owner.

internal import POSIX

extension LocalBlobStore {
    var directory: String { layout.root }

    func requireOwner() throws(BlobStoreError) { try layout.requireOwner() }

    func inaccessible() throws(BlobStoreError) -> InaccessibleParts {
        try mapError(to: BlobStoreError.self) {
            let owner = try FileSystem.status(layout.root).fileOwner
            var parts = InaccessibleParts(ownerName: owner.userName, path: layout.root)
            if owner.isRoot { return parts }
            for directory in [layout.root, layout.stage, layout.incoming] + layout.fanOut {
                guard let status = try FileSystem.statusIfPresent(directory) else { continue }
                if !status.permits(owner, [.read, .write, .search]) { parts.directories += 1 }
                guard directory != layout.root, directory != layout.incoming else { continue }
                let needed: FileStatus.Access = directory == layout.stage ? [.read, .write] : .read
                parts.files += try Self.files(in: directory) { !$0.permits(owner, needed) }
            }
            return parts
        }
    }

    /// Counts the files of a directory for which a condition holds.
    private static func files(in directory: String, _ condition: (FileStatus) -> Bool) throws(SystemError) -> Int {
        var count = 0
        for name in try FileSystem.list(directory) {
            // The file may have been removed meanwhile.
            if let status = try? FileSystem.status("\(directory)/\(name)", followingLinks: false), condition(status) {
                count += 1
            }
        }
        return count
    }

    /// Checks that this process, a worker, can use a sample of the store: some blobs of each directory, beginning at a
    /// random directory, for a tenth of a second.
    func requireAccess() throws(BlobStoreError) {
        let deadline = Clock.monotonicNanoseconds() + 100_000_000
        let first = Int.random(in: 0..<256)
        for number in 0..<256 {
            let directory = layout.fanOut[(first + number) % 256]
            guard let names = try? FileSystem.list(directory, atMost: Self.sampleSize) else {
                if !FileSystem.exists(directory) { continue }
                throw Self.denied
            }
            guard FileSystem.permits(directory, changing: true) else { throw Self.denied }
            for name in names where !FileSystem.permits("\(directory)/\(name)") {
                if FileSystem.exists("\(directory)/\(name)") { throw Self.denied }
            }
            if Clock.monotonicNanoseconds() > deadline { return }
        }
    }

    /// Blobs that are checked in each directory.
    private static let sampleSize = 16

    private static let denied = BlobStoreError(
        .unavailable,
        "The workers cannot use some files of the storage, which belong to another user: run coffer check.")
}
