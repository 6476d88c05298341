// How a local store makes its files and directories, so that they are its owner's.

internal import System

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
