// Reads a manifest line by line, so that a backup of any size needs little memory.

internal import BlobStore
internal import POSIX

final class ManifestReader {
    let head: ManifestHead
    private let lines: ManifestLines
    private var count: Int64 = 0
    private var isAtEnd = false

    /// - Parameter name: `Manifest.nextName` while the backup is not complete.
    /// - Throws: also if the manifest was written by another version.
    init(_ directory: String, name: String = Manifest.name) throws(Failure) {
        let path = "\(directory)/\(name)"
        let file = try mapError(as: "There is no complete backup in \(directory)") { try FileSystem.open(path) }
        lines = ManifestLines(reader: LineReader(file), path: path)
        let version = try lines.next()
        if version == ManifestHead.versionBeforeFirstRelease {
            throw Failure(
                "The backup in \(directory) was made by a version of Coffer before its first release. Restore it with "
                    + "that version, save each user's files (coffer export), and store them in a new database "
                    + "(coffer import).")
        }
        guard version == ManifestHead.version, let head = try lines.head() else {
            throw Failure("\(path) is not the manifest of a backup.")
        }
        self.head = head
    }

    /// The next blob; nil at the end.
    ///
    /// - Throws: also if the manifest ends early or has another number of blobs than its head says.
    func next() throws(Failure) -> FileBlob? {
        if isAtEnd { return nil }
        guard let line = try lines.next() else { throw Failure("\(lines.path) ends too early.") }
        let words = line.split(separator: " ")
        if words.count == 2, words[0] == "end", Int64(words[1]) == count, count == head.total.files {
            isAtEnd = true
            return nil
        }
        guard words.count == 3, let name = BlobName(String(words[0])), let size = Int64(words[1]),
            words[2].utf8.count == 64
        else { throw Failure("\(lines.path) has a line that cannot be read.") }
        count += 1
        return FileBlob(name: name, size: size, sha256: String(words[2]))
    }

    /// The next blobs; fewer than `limit` only at the end.
    func next(_ limit: Int) throws(Failure) -> [FileBlob] {
        var page: [FileBlob] = []
        while page.count < limit, let blob = try next() { page.append(blob) }
        return page
    }
}

/// The lines of a manifest, and the words in them.
private struct ManifestLines {
    let reader: LineReader
    let path: String

    func next() throws(Failure) -> String? {
        try mapError(as: "\(path) cannot be read") { try reader.next() }
    }

    /// The lines after the version; nil if one is invalid.
    func head() throws(Failure) -> ManifestHead? {
        guard let level = try words(after: "level", count: 1).flatMap({ Int64($0[0]) }),
            let dump = try words(after: "dump", count: 2), !dump[0].contains("/"),
            let total = try words(after: "files", count: 2), let files = Int64(total[0]), let bytes = Int64(total[1])
        else { return nil }
        return ManifestHead(
            level: level, dump: dump[0], dumpDigest: dump[1], total: Amount(files: files, bytes: bytes))
    }

    /// The other words of the next line; nil if it does not begin with `key` or has another number of words.
    private func words(after key: String, count: Int) throws(Failure) -> [String]? {
        guard let line = try next() else { return nil }
        let words = line.split(separator: " ").map(String.init)
        return words.count == count + 1 && words[0] == key ? Array(words.dropFirst()) : nil
    }
}
