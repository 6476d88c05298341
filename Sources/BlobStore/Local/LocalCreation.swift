// Makes the files and directories of a local store with the right owner.

internal import POSIX

extension LocalLayout {
    /// - Throws: `.misconfigured` if this process is not root and another user owns the store.
    func requireOwner() throws(BlobStoreError) {
        guard case .foreign(let owner) = ownership else { return }
        throw BlobStoreError(
            .misconfigured,
            "The store's directory belongs to \(owner.userName), not to \(FileOwner.current.userName): "
                + "runuser -u \(owner.userName) -- coffer …")
    }

    /// Makes a new file with the owner's rights, and with mode 0640 if this process is root.
    func createFile(_ path: String) throws(SystemError) -> FileDescriptor {
        guard case .owner(let owner) = ownership else { return try FileSystem.create(path) }
        let file = try create(path, for: owner)
        // It was made with root's umask.
        try file.setMode(0o640)
        return file
    }

    /// The owner may be unable to reach the store, as its workers may have a capability to enter every directory. Then
    /// root makes the file and gives it to the owner.
    private func create(_ path: String, for owner: FileOwner) throws(SystemError) -> FileDescriptor {
        do {
            return try owner.perform { () throws(SystemError) in try FileSystem.create(path) }
        } catch  where error.number == ErrorNumber.permissionDenied {
            guard let slash = path.lastIndex(of: "/") else { throw error }
            let directory = try openDirectory(String(path[..<slash]))
            guard try directory.status().owner == owner.user else { throw error }
            let file = try directory.create(String(path[path.index(after: slash)...]))
            try file.setOwner(owner)
            return file
        }
    }

    /// Makes a directory as root and gives it to the owner.
    func makeDirectory(_ path: String) throws(SystemError) {
        try FileSystem.createDirectory(path)
        guard case .owner(let owner) = ownership else { return }
        // Through a descriptor, as the path may lead elsewhere by now.
        let directory = try FileSystem.openDirectory(path, followingLinks: false)
        try directory.setOwner(owner)
        try directory.setMode(0o750)
    }

    /// Gives a directory that root made earlier to the owner.
    func handBack(_ directory: borrowing FileDescriptor) throws(SystemError) {
        guard case .owner(let owner) = ownership, try directory.status().owner != owner.user else { return }
        try directory.setOwner(owner)
    }
}
