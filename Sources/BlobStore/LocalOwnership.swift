// In whose name a local store is written. Its workers' user owns its folder; root, as whom operators run the command,
// makes everything for that user, and somebody else is refused.

internal import System

enum LocalOwnership: Equatable, Sendable {
    /// All is made as usual: by the owner's own process, and by a worker, whoever that is.
    case process
    /// root makes it for the owner.
    case owner(FileOwner)
    /// The owner is somebody else, and this is not root.
    case foreign(FileOwner)
}

extension LocalOwnership {
    /// For the operator's command.
    ///
    /// - Parameter newOwner: of a folder that is still to be made; nil for the owner of the folder in which it will lie.
    init(of root: String, newOwner: FileOwner?) throws(SystemError) {
        let there = try FileSystem.statusIfPresent(root)
        let me = FileOwner.current
        // What is not there yet belongs to who makes it.
        if there == nil, !me.isRoot {
            self = .process
            return
        }
        let owner = if let known = there?.fileOwner ?? newOwner { known } else { try Self.owner(above: root) }
        self = owner.user == me.user ? .process : me.isRoot ? .owner(owner) : .foreign(owner)
    }

    private static func owner(above path: String) throws(SystemError) -> FileOwner {
        guard let slash = path.lastIndex(of: "/"), slash != path.startIndex else { return .current }
        let folder = String(path[..<slash])
        if let status = try FileSystem.statusIfPresent(folder) { return status.fileOwner }
        return try owner(above: folder)
    }
}

extension LocalLayout {
    /// Fails as `.misconfigured` where this user must not write.
    func requireOwner() throws(BlobStoreError) {
        guard case .foreign(let owner) = ownership else { return }
        throw BlobStoreError(
            .misconfigured,
            "The store's folder belongs to \(owner.userName), and this is \(FileOwner.current.userName): "
                + "runuser -u \(owner.userName) -- coffer …")
    }

    /// Makes a new file, with the owner's access and mode.
    func createFile(_ path: String) throws(SystemError) -> FileDescriptor {
        guard case .owner(let owner) = ownership else { return try FileSystem.create(path) }
        let file = try create(path, for: owner)
        // The umask was root's.
        try file.setMode(0o640)
        return file
    }

    /// Workers that may enter every folder by a capability have stores where their user alone could not go.
    private func create(_ path: String, for owner: FileOwner) throws(SystemError) -> FileDescriptor {
        do {
            return try owner.perform { () throws(SystemError) in try FileSystem.create(path) }
        } catch  where error.number == Errno.permissionDenied {
            guard let slash = path.lastIndex(of: "/") else { throw error }
            let folder = try openFolder(String(path[..<slash]))
            guard try folder.status().owner == owner.user else { throw error }
            let file = try folder.create(String(path[path.index(after: slash)...]))
            try file.setOwner(owner)
            return file
        }
    }

    /// Makes a folder for the owner, who need not be able to make it himself.
    func createFolder(_ path: String) throws(SystemError) {
        try FileSystem.makeFolder(path)
        guard case .owner(let owner) = ownership else { return }
        // By its descriptor: the path may lead elsewhere by now.
        let folder = try FileSystem.openFolder(path, followingLinks: false)
        try folder.setOwner(owner)
        try folder.setMode(0o750)
    }

    /// Gives a folder to the owner that root made before.
    func handBack(_ folder: borrowing FileDescriptor) throws(SystemError) {
        guard case .owner(let owner) = ownership, try folder.status().owner != owner.user else { return }
        try folder.setOwner(owner)
    }
}

extension FileSystem {
    static func statusIfPresent(_ path: String) throws(SystemError) -> FileStatus? {
        do {
            return try status(path)
        } catch  where error.number == Errno.noSuchFile {
            return nil
        }
    }
}
