// The list of what a backup holds: plain lines, which a person can read and a program can stream.

enum Manifest {
    /// The file's name in the backup's directory.
    static let name = "manifest"
    /// The name while the backup is not complete.
    static let nextName = "manifest.next"

    /// The URL of the store in a backup's directory.
    static func blobURL(_ directory: String) -> String { "file://\(directory)/blobs" }

    /// The line of one blob.
    static func line(_ blob: FileBlob) -> String { "\(blob.name) \(blob.size) \(blob.sha256)\n" }

    /// The last line.
    static func end(_ count: Int64) -> String { "end \(count)\n" }
}

/// The first lines of a manifest.
struct ManifestHead: Equatable {
    /// The migration level of the database.
    let level: Int64
    /// The name of the dump in the backup's directory.
    let dump: String
    /// SHA-256 in hexadecimal.
    let dumpDigest: String
    let total: Amount

    static let version = "coffer-backup 2"
    /// The version of backups whose databases cannot be upgraded.
    static let versionBeforeFirstRelease = "coffer-backup 1"

    var lines: String {
        "\(Self.version)\nlevel \(level)\ndump \(dump) \(dumpDigest)\nfiles \(total.files) \(total.bytes)\n"
    }
}
