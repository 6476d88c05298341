// Whether a local store's workers can use what is in it. Files that root has put there look whole to root.

internal import System

extension LocalBlobStore {
    var folder: String { layout.root }

    func requireOwner() throws(BlobStoreError) { try layout.requireOwner() }

    func inaccessible() throws(BlobStoreError) -> InaccessibleParts {
        do {
            let owner = try FileSystem.status(layout.root).fileOwner
            var parts = InaccessibleParts(ownerName: owner.userName, path: layout.root)
            if owner.isRoot { return parts }
            for folder in [layout.root, layout.stage, layout.incoming] + layout.fanOut {
                guard let status = try FileSystem.statusIfPresent(folder) else { continue }
                if !status.permits(owner, [.read, .write, .search]) { parts.folders += 1 }
                guard folder != layout.root, folder != layout.incoming else { continue }
                let needed: FileStatus.Access = folder == layout.stage ? [.read, .write] : .read
                parts.files += try Self.files(in: folder) { !$0.permits(owner, needed) }
            }
            return parts
        } catch {
            throw BlobStoreError(error)
        }
    }

    /// How many files of a folder fulfil a condition.
    private static func files(in folder: String, _ condition: (FileStatus) -> Bool) throws(SystemError) -> Int {
        var count = 0
        for name in try FileSystem.list(folder) {
            // Removed meanwhile, perhaps.
            if let status = try? FileSystem.status("\(folder)/\(name)", followingLinks: false), condition(status) {
                count += 1
            }
        }
        return count
    }

    /// Fails where this process, a worker's, cannot use a folder or one of the blobs that are looked at: some of each
    /// folder, for a tenth of a second, beginning anywhere.
    func requireAccess() throws(BlobStoreError) {
        let deadline = Clock.monotonicNanoseconds() + 100_000_000
        let first = Int.random(in: 0..<256)
        for number in 0..<256 {
            let folder = layout.fanOut[(first + number) % 256]
            guard let names = try? FileSystem.list(folder, atMost: Self.looked) else {
                if !FileSystem.exists(folder) { continue }
                throw Self.denied
            }
            guard FileSystem.permits(folder, changing: true) else { throw Self.denied }
            for name in names where !FileSystem.permits("\(folder)/\(name)") {
                if FileSystem.exists("\(folder)/\(name)") { throw Self.denied }
            }
            if Clock.monotonicNanoseconds() > deadline { return }
        }
    }

    /// So many blobs of a folder are looked at.
    private static let looked = 16

    private static let denied = BlobStoreError(
        .unavailable,
        "Something in the storage belongs to another user, and the workers cannot use it: coffer check counts it.")
}
