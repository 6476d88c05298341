// Where a local store keeps what. Files get mode 0640 and folders 0750, less the umask.
//
//     root/coffer-store           the mark by which the database knows the store
//     root/stage/ab<30 digits>    notes of blobs that are not on record yet, each locked by the process at work on it
//     root/stage/-<32 digits>     other blobs on their way in, likewise locked
//     root/incoming/              the web server's temporary files, for uploads without a copy
//     root/ab/ab<30 digits>       blobs

internal import System

struct LocalLayout: Sendable {
    /// Absolute, without a slash at the end.
    let root: String
    var ownership = LocalOwnership.process
    /// The folders that blobs lie in, in their order, where they are there.
    let fanOut: [String]

    init(root: String) {
        self.root = root
        fanOut = (0..<256).map { number in
            let digits = String(number, radix: 16)
            return "\(root)/\(digits.utf8.count == 1 ? "0" : "")\(digits)"
        }
    }

    var stage: String { root + "/stage" }
    var incoming: String { root + "/incoming" }

    func relativePath(of name: BlobName) -> String { "\(name.prefix)/\(name)" }

    func path(of name: BlobName) -> String { "\(root)/\(relativePath(of: name))" }

    /// - Parameter name: of the blob that the file is to be a note of; nil for none.
    func stagePath(noting name: BlobName?) throws(BlobStoreError) -> String {
        if let name { return notePath(of: name) }
        return try "\(stage)/-\(BlobName.generate())"
    }

    func notePath(of name: BlobName) -> String { "\(stage)/\(name)" }

    /// Makes the root and the folders above it, stage/ and incoming/, where they are missing.
    func makeMissingFolders() throws(BlobStoreError) {
        if FileSystem.exists(stage), FileSystem.exists(incoming), ownership == .process { return }
        try requireOwner()
        do throws(SystemError) {
            try makeFolders(root)
            for folder in [stage, incoming] {
                if try !exists(folder) { try makeFolder(folder) }
                try handBack(openFolder(folder))
            }
        } catch {
            throw BlobStoreError(error)
        }
    }

    /// Fails as `.unavailable` unless the store is there: what is missing in it is then truly absent. A mount point
    /// whose file system is away has no stage/, and so is not taken for an empty store.
    func requirePresence() throws(BlobStoreError) {
        do { _ = try FileSystem.status(stage) } catch { throw BlobStoreError(error) }
    }

    /// Opens the root, or a folder right below it, which must be no link: by one, whoever runs code as a worker would
    /// have root write, remove and give away what lies elsewhere.
    func openFolder(_ path: String) throws(SystemError) -> FileDescriptor {
        try FileSystem.openFolder(path, followingLinks: path == root)
    }

    /// Opens the folder in which `name` lies; makes it, durably, when it is missing.
    func openFolder(of name: BlobName) throws(SystemError) -> FileDescriptor {
        let folder = "\(root)/\(name.prefix)"
        do {
            let opened = try openFolder(folder)
            try handBack(opened)
            return opened
        } catch  where error.number == Errno.noSuchFile {
            try makeFolder(folder)
            return try openFolder(folder)
        }
    }

    /// Durable, too.
    func remove(_ name: BlobName) throws(SystemError) {
        let folder = try openFolder("\(root)/\(name.prefix)")
        try folder.unlink(name.description)
        try folder.fsync()
    }

    /// Makes a folder right below the root, durably; that another process was first is no error.
    private func makeFolder(_ path: String) throws(SystemError) {
        do {
            try createFolder(path)
        } catch  where error.number == Errno.fileExists {}
        do {
            try FileSystem.openFolder(root).fsync()
        } catch {
            // Fails, as it should, when another process already uses the folder.
            try? FileSystem.removeFolder(path)
            throw error
        }
    }

    private func makeFolders(_ path: String) throws(SystemError) {
        if try exists(path) { return }
        if let slash = path.lastIndex(of: "/"), slash != path.startIndex {
            try makeFolders(String(path[..<slash]))
        }
        do {
            try createFolder(path)
        } catch  where error.number == Errno.fileExists {}
    }

    private func exists(_ path: String) throws(SystemError) -> Bool {
        try FileSystem.statusIfPresent(path) != nil
    }
}
