// Writes a user's files into a folder. What a tree cannot hold is told and left out, never put in another's place.

internal import BlobStore
internal import CofferCore
internal import Storage
internal import POSIX
internal import Text

final class TreeWriter {
    /// Why a file is not in the tree, as the end of a sentence.
    struct Problem: Error {
        let text: String
    }

    private let root: String
    private let overwrites: Bool
    private let stores: StoreCache
    private let reader: VerifiedReader
    /// The names in the folder that was looked at last.
    private var listed: (folder: String, names: Set<String>) = ("", [])

    init(_ root: String, overwrites: Bool, _ stores: StoreCache, _ interruption: Interruption) {
        (self.root, self.overwrites, self.stores) = (root, overwrites, stores)
        reader = VerifiedReader(interruption)
    }

    /// - Returns: false when the same bytes were there already.
    func write(_ file: TreeFile) throws -> Bool {
        let path = "\(root)/\(file.path)"
        try makeFolders(of: file.path)
        if let status = try status(path) {
            try checkName(path, of: file)
            guard status.kind == .regular else { throw Problem(text: "this name exists and is not a file") }
            if try status.size == file.blob.size && reader.digest(ofFile: path) == file.blob.sha256 {
                return false
            }
            guard overwrites else { throw Problem(text: "a file with other bytes exists; --overwrite replaces it") }
        }
        let new = "\(root)/.coffer-export-\(Process.current.id)"
        try? FileSystem.unlink(new)
        do {
            try copy(file, to: new)
            try FileSystem.rename(new, to: path)
        } catch {
            try? FileSystem.unlink(new)
            throw error
        }
        listed.folder = ""
        return true
    }

    private func copy(_ file: TreeFile, to path: String) throws {
        let target = try FileSystem.create(path, mode: 0o600)
        let digest = try reader.digest(of: stores.store(file.store).open(file.blob.name)) { (bytes) throws in
            try target.write(all: bytes)
        }
        guard digest == file.blob.sha256 else {
            throw Problem(text: "its bytes in the store do not match its digest; run coffer check")
        }
        try target.setModified(file.modified)
        try target.fsync()
    }

    /// Each folder on the way, unless a file has its name: a user may have a file `a` beside a file `a/b`.
    private func makeFolders(of path: String) throws {
        var folder = root
        for segment in path.split(separator: "/").dropLast() {
            folder += "/\(segment)"
            if let status = try status(folder) {
                guard status.kind == .directory else { throw Problem(text: "a file has the name of its directory") }
                try checkName(folder, of: nil)
            } else {
                try FileSystem.createDirectory(folder, mode: 0o700)
                listed.folder = ""
            }
        }
    }

    /// Whether the name that is there is this one, letter by letter: file systems may take `A` for `a`.
    private func checkName(_ path: String, of file: TreeFile?) throws {
        let name = FilePath.name(of: path)
        let folder = String(path.dropLast(name.count + 1))
        if listed.folder != folder { listed = (folder, Set(try FileSystem.list(folder))) }
        // Compared by bytes: to Swift, texts that look alike are equal.
        guard listed.names.contains(where: { $0.utf8.elementsEqual(name.utf8) }) else {
            throw Problem(text: "this file system does not distinguish its name from another one")
        }
    }

    private func status(_ path: String) throws(SystemError) -> FileStatus? {
        do {
            return try FileSystem.status(path, followingLinks: false)
        } catch  where error.number == ErrorNumber.noSuchFile {
            return nil
        }
    }
}
