// Writes a user's files to a directory. A file that the directory cannot hold is reported and skipped, and never
// replaces another file.

internal import BlobStore
internal import CofferCore
internal import Storage
internal import POSIX
internal import Text

final class TreeWriter {
    /// Why a file was not written, as the end of a sentence.
    struct Problem: Error {
        let text: String
    }

    private let root: String
    private let overwrites: Bool
    private let stores: StoreCache
    private let reader: VerifiedReader
    /// The directory that was listed last, and its names.
    private var listed: (directory: String, names: Set<String>) = ("", [])

    init(_ root: String, overwrites: Bool, _ stores: StoreCache, _ interruption: Interruption) {
        (self.root, self.overwrites, self.stores) = (root, overwrites, stores)
        reader = VerifiedReader(interruption)
    }

    /// - Returns: false if the same bytes exist already.
    func write(_ file: TreeFile) throws -> Bool {
        let path = "\(root)/\(file.path)"
        try makeDirectories(above: file.path)
        if let status = try FileSystem.statusIfPresent(path, followingLinks: false) {
            try checkName(path)
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
        listed.directory = ""
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

    /// Makes the directories above a file. Fails if the directory has a file of such a name.
    private func makeDirectories(above path: String) throws {
        var directory = root
        for segment in path.split(separator: "/").dropLast() {
            directory += "/\(segment)"
            if let status = try FileSystem.statusIfPresent(directory, followingLinks: false) {
                guard status.kind == .directory else { throw Problem(text: "a file has the name of its directory") }
                try checkName(directory)
            } else {
                try FileSystem.createDirectory(directory, mode: 0o700)
                listed.directory = ""
            }
        }
    }

    /// Fails if the existing name is not exactly this one: a file system may take `A` for `a`.
    private func checkName(_ path: String) throws {
        let name = FilePath.name(of: path)
        let directory = String(path.dropLast(name.count + 1))
        if listed.directory != directory { listed = (directory, Set(try FileSystem.list(directory))) }
        // Compared by bytes, as Swift's strings are equal in all normal forms of Unicode.
        guard listed.names.contains(where: { $0.utf8.elementsEqual(name.utf8) }) else {
            throw Problem(text: "this file system does not distinguish its name from another one")
        }
    }
}
