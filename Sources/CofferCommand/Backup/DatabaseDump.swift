// The first part of a backup: the dump of the database, and the manifest of the blobs that it names. Both are made from
// one snapshot.

internal import BlobStore
internal import CofferCore
internal import Postgres
internal import Storage
internal import POSIX

struct DatabaseDump {
    /// The backup's directory.
    let directory: String
    let owner: OwnerConnection
    let tool: DatabaseTool

    /// Writes the dump and `manifest.next`.
    ///
    /// - Returns: the head of this manifest.
    func write() throws(Failure) -> ManifestHead {
        let dump = "database-\(Clock.realtimeSeconds())-\(UInt32.random(in: 0 ... .max)).dump"
        let path = "\(directory)/\(dump)"
        try owner.execute("begin isolation level repeatable read, read only")
        defer { try? owner.execute("rollback") }
        let snapshot = try readSnapshot()
        try write(snapshot, to: path)
        let head = ManifestHead(
            level: snapshot.level, dump: dump, dumpDigest: try tool.interruption.digest(ofFile: path),
            total: snapshot.total)
        try writeManifest(head)
        return head
    }

    private struct Snapshot {
        /// Other sessions can read this snapshot under its name.
        let name: String
        let level: Int64
        let total: Amount
        /// Whether the login role sees all rows without a policy.
        let bypassesRowSecurity: Bool
    }

    /// Exports the snapshot of the open transaction.
    private func readSnapshot() throws(Failure) -> Snapshot {
        try owner.call(
            """
            select pg_export_snapshot() as name, (select migration from internal.schema_level()) as level,
                count(*) as files, coalesce(sum(size_bytes), 0) as bytes,
                (select rolsuper or rolbypassrls from pg_roles where rolname = session_user) as bypasses_row_security
            from internal.kept_blobs
            """
        ).readOne { row in
            Snapshot(
                name: try row.text("name"), level: try row.integer("level"),
                total: try row.amount(files: "files", bytes: "bytes"),
                bypassesRowSecurity: try row.boolean("bypasses_row_security"))
        }
    }

    private func write(_ snapshot: Snapshot, to path: String) throws(Failure) {
        // The file is private before pg_dump writes the first byte, as the dump has password hashes and signing keys.
        try mapError(as: "The dump cannot be created") { _ = try FileSystem.create(path, mode: 0o600) }
        var arguments = ["--format=custom", "--file=\(path)", "--snapshot=\(snapshot.name)"]
        // A role to which row-level security applies dumps as the owner, whose policies show all rows.
        if !snapshot.bypassesRowSecurity { arguments += ["--role=coffer_owner", "--enable-row-security"] }
        try tool.run("pg_dump", arguments)
        try mapError(as: "The dump cannot be written") {
            try FileSystem.open(path, for: .readingAndWriting).fsync()
        }
    }

    private func writeManifest(_ head: ManifestHead) throws(Failure) {
        let file = try mapError(as: "The manifest cannot be created") {
            try OutputFile(replacing: "\(directory)/\(Manifest.nextName)")
        }
        try file.write(head.lines)
        var last = ""
        while case let page = try blobs(after: last), let end = page.last {
            last = end.name.description
            try file.write(page.map(Manifest.line).joined())
        }
        try file.write(Manifest.end(head.total.files))
        try file.sync()
    }

    private func blobs(after last: String) throws(Failure) -> [FileBlob] {
        try owner.call(
            """
            select blob, size_bytes, encode(sha256, 'hex') as sha256 from internal.kept_blobs
            where blob > $1 order by blob limit 20000
            """, [.text(last)]
        ).readAll { try $0.fileBlob() }
    }
}

/// The manifest while it is written. A class, as Swift 6.3.1 crashes on closures that capture a noncopyable struct.
private final class OutputFile {
    private let file: FileDescriptor

    init(replacing path: String) throws {
        do {
            try FileSystem.unlink(path)
        } catch  where error.number == ErrorNumber.noSuchFile {}
        file = try FileSystem.create(path, mode: 0o600)
    }

    func write(_ text: String) throws(Failure) {
        let bytes = Array(text.utf8)
        try mapError(as: "The manifest cannot be written") { try file.write(all: bytes.span) }
    }

    func sync() throws(Failure) { try mapError(as: "The manifest cannot be written") { try file.fsync() } }
}
