// The files of a local store. Files get mode 0640 and directories 0750, less the umask.
//
//     root/coffer-store           the mark by which the database recognises the store
//     root/stage/ab<30 digits>    pending markers of blobs without a row, each locked by the process that uploads
//     root/stage/-<32 digits>     other blobs that are being uploaded, also locked
//     root/stage/+<32 digits>     blobs that arrive in several requests, each with a row in the database
//     root/incoming/              the web server's body files, which become blobs without a copy
//     root/ab/ab<30 digits>       blobs

internal import POSIX
internal import Text

struct LocalLayout: Sendable {
    /// Absolute, without a slash at the end.
    let root: String
    var ownership = LocalOwnership.process
    /// The paths of the 256 directories for blobs, in order. A directory is made with its first blob.
    let fanOut: [String]

    init(root: String) {
        self.root = root
        fanOut = (0...UInt8.max).map { "\(root)/\(hexadecimal([$0]))" }
    }

    var stage: String { root + "/stage" }
    var incoming: String { root + "/incoming" }

    func relativePath(of name: BlobName) -> String { name.prefix + "/" + name.description }

    func path(of name: BlobName) -> String { root + "/" + relativePath(of: name) }

    /// - Parameter name: the blob, if the file is to be its pending marker.
    func stagePath(pending name: BlobName?) -> String {
        if let name { return markerPath(of: name) }
        return "\(stage)/-\(BlobName.generate())"
    }

    func unfinishedPath(of name: BlobName) -> String { "\(stage)/\(Self.unfinishedPrefix)\(name)" }

    static let unfinishedPrefix = "+"

    func markerPath(of name: BlobName) -> String { "\(stage)/\(name)" }

    /// Makes missing directories: the root with its parents, stage/ and incoming/.
    func makeMissingDirectories() throws(BlobStoreError) {
        if FileSystem.exists(stage), FileSystem.exists(incoming), ownership == .process { return }
        try requireOwner()
        try mapError(to: BlobStoreError.self) {
            try makeDirectories(root)
            for directory in [stage, incoming] {
                if try !exists(directory) { try makeDirectoryDurably(directory) }
                try handBack(openDirectory(directory))
            }
        }
    }

    /// Fails as `.unavailable` unless stage/ exists. A mount point without its file system has no stage/, so it is not
    /// mistaken for a store without blobs.
    func requirePresence() throws(BlobStoreError) {
        _ = try mapError(to: BlobStoreError.self) { try FileSystem.status(stage) }
    }

    /// Opens the root, or a directory right below it, which must not be a link. Otherwise an attacker who controls a
    /// worker could make root write, remove or chown files elsewhere.
    func openDirectory(_ path: String) throws(SystemError) -> FileDescriptor {
        try FileSystem.openDirectory(path, followingLinks: path == root)
    }

    /// Opens a blob's directory. Makes it durably if it is missing.
    func openDirectory(of name: BlobName) throws(SystemError) -> FileDescriptor {
        let directory = "\(root)/\(name.prefix)"
        do {
            let opened = try openDirectory(directory)
            try handBack(opened)
            return opened
        } catch  where error.number == ErrorNumber.noSuchFile {
            try makeDirectoryDurably(directory)
            return try openDirectory(directory)
        }
    }

    /// Removes blobs of one directory durably. Absent blobs are ignored.
    ///
    /// - Throws: ENOENT if there is no such directory.
    func remove(_ names: [BlobName]) throws(SystemError) {
        let directory = try openDirectory("\(root)/\(names[0].prefix)")
        for name in names {
            do { try directory.unlink(name.description) } catch  where error.number == ErrorNumber.noSuchFile {}
        }
        try directory.fsync()
    }

    /// Makes a directory right below the root durably. Another process may make it at the same time.
    private func makeDirectoryDurably(_ path: String) throws(SystemError) {
        do {
            try makeDirectory(path)
        } catch  where error.number == ErrorNumber.fileExists {}
        do {
            try FileSystem.openDirectory(root).fsync()
        } catch {
            // This fails, as it should, if another process already uses the directory.
            try? FileSystem.removeDirectory(path)
            throw error
        }
    }

    private func makeDirectories(_ path: String) throws(SystemError) {
        if try exists(path) { return }
        if let slash = path.lastIndex(of: "/"), slash != path.startIndex {
            try makeDirectories(String(path[..<slash]))
        }
        do {
            try makeDirectory(path)
        } catch  where error.number == ErrorNumber.fileExists {}
    }

    private func exists(_ path: String) throws(SystemError) -> Bool {
        try FileSystem.statusIfPresent(path) != nil
    }
}
