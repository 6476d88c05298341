// The list of what a backup holds: plain lines, so that a person can read it and a program can stream it.

internal import BlobStore
internal import CofferCore
internal import POSIX

/// The first lines of a manifest.
struct ManifestHead: Equatable {
    /// Migration level of the database.
    let level: Int64
    /// Name of the dump's file in the backup's folder, and its SHA-256 in hexadecimal.
    let dump: String
    let dumpDigest: String
    let total: Amount

    static let version = "coffer-backup 2"
    /// Of backups whose databases cannot be upgraded.
    static let versionBeforeFirstRelease = "coffer-backup 1"

    var lines: String {
        "\(Self.version)\nlevel \(level)\ndump \(dump) \(dumpDigest)\nfiles \(total.files) \(total.bytes)\n"
    }
}

/// Reads a manifest line by line.
final class ManifestReader {
    let head: ManifestHead
    private let lines: LineReader
    private let path: String
    private var count: Int64 = 0
    private var isAtEnd = false

    /// - Parameter name: of the file; another than the usual one while a backup is being made.
    init(_ folder: String, name: String = "manifest") throws(Failure) {
        path = "\(folder)/\(name)"
        do { lines = LineReader(try FileSystem.open(path)) } catch {
            throw Failure("There is no complete backup in \(folder): \(error)")
        }
        let version = try Self.line(lines, path)
        if version == ManifestHead.versionBeforeFirstRelease {
            throw Failure(
                "The backup in \(folder) was made by an earlier Coffer, before its first release. Restore it with that "
                    + "version, save each user's files (coffer export), and bring them into a new database (coffer "
                    + "import).")
        }
        guard version == ManifestHead.version,
            let level = try Self.words(lines, path, "level", 1)?.first.flatMap({ Int64($0) }),
            let dump = try Self.words(lines, path, "dump", 2), !dump[0].contains("/"),
            let files = try Self.words(lines, path, "files", 2), let number = Int64(files[0]),
            let bytes = Int64(files[1])
        else { throw Failure("\(path) is not the manifest of a backup.") }
        head = ManifestHead(
            level: level, dump: dump[0], dumpDigest: dump[1], total: Amount(files: number, bytes: bytes))
    }

    /// The next blob; nil at the end, which must be the one that the manifest announces.
    func next() throws(Failure) -> FileBlob? {
        if isAtEnd { return nil }
        guard let line = try Self.line(lines, path) else { throw Failure("\(path) ends too early.") }
        let words = line.split(separator: " ")
        if words.count == 2, words[0] == "end", Int64(words[1]) == count, count == head.total.files {
            isAtEnd = true
            return nil
        }
        guard words.count == 3, let name = BlobName(String(words[0])), let size = Int64(words[1]),
            words[2].utf8.count == 64
        else { throw Failure("\(path) has a line that cannot be read.") }
        count += 1
        return FileBlob(name: name, size: size, sha256: String(words[2]))
    }

    func next(_ limit: Int) throws(Failure) -> [FileBlob] {
        var page: [FileBlob] = []
        while page.count < limit, let blob = try next() { page.append(blob) }
        return page
    }

    private static func line(_ lines: LineReader, _ path: String) throws(Failure) -> String? {
        do { return try lines.next() } catch { throw Failure("\(path) cannot be read: \(error)") }
    }

    /// The words after the first one, which must be `key`.
    private static func words(
        _ lines: LineReader, _ path: String, _ key: String, _ count: Int
    ) throws(Failure) -> [String]? {
        let words = (try line(lines, path) ?? "").split(separator: " ").map(String.init)
        return words.count == count + 1 && words[0] == key ? Array(words.dropFirst()) : nil
    }
}

enum Manifest {
    static func path(_ folder: String) -> String { "\(folder)/manifest" }

    /// The line of one blob.
    static func line(_ blob: FileBlob) -> String { "\(blob.name) \(blob.size) \(blob.sha256)\n" }

    static func end(_ count: Int64) -> String { "end \(count)\n" }
}

/// Lines of a file of any length, in the memory of a chunk. Lines are short.
final class LineReader {
    private let file: FileDescriptor
    private var buffer = Buffer(capacity: 1 << 16)
    private var rest: [UInt8] = []
    private var position = 0
    private var isAtEnd = false

    init(_ file: consuming FileDescriptor) { self.file = file }

    /// The next line without its end; nil at the end of the file. What follows the last line end is a line, too.
    func next() throws(SystemError) -> String? {
        while true {
            if let end = rest[position...].firstIndex(of: UInt8(ascii: "\n")) {
                defer { position = end + 1 }
                return String(decoding: rest[position..<end], as: UTF8.self)
            }
            if isAtEnd {
                guard position < rest.count else { return nil }
                defer { position = rest.count }
                return String(decoding: rest[position...], as: UTF8.self)
            }
            try fill()
        }
    }

    private func fill() throws(SystemError) {
        buffer.removeAll()
        let count = try buffer.append { (space) throws(SystemError) in try file.read(into: &space) }
        rest.removeFirst(position)
        position = 0
        rest += buffer.array
        isAtEnd = count == 0
    }
}
