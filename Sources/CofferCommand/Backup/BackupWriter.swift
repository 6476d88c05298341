// A backup: the database first, then the blobs that it names. Blobs never change, and gc is held off, so what the dump
// names is there until it is copied. The manifest comes last and makes the backup complete.

internal import BlobStore
internal import CofferCore
internal import Postgres
internal import Storage
internal import POSIX
internal import Text

final class BackupWriter {
    private let folder: String
    private let owner: OwnerConnection
    private let tool: DatabaseTool
    private let configuration: Configuration
    private let interruption: Interruption

    init(_ folder: String, _ configuration: Configuration, _ interruption: Interruption) throws(Failure) {
        (self.folder, self.configuration, self.interruption) = (folder, configuration, interruption)
        // Waits for a batch of gc.
        owner = try OwnerConnection(configuration, timeout: .seconds(24 * 3600))
        tool = DatabaseTool(connection: configuration.ownerDatabaseURL, interruption: interruption)
    }

    var blobURL: String { "file://\(folder)/blobs" }

    /// Lets nobody remove a blob until this object is gone.
    func hold() throws(Failure) { try owner.call("select internal.hold_collection()") }

    /// Dumps the database and lists its blobs, both as of the same moment.
    ///
    /// - Returns: the head of the new manifest, which is in `manifest.next` until the blobs are there.
    func writeDatabase() throws(Failure) -> ManifestHead {
        let dump = "database-\(Clock.realtimeSeconds())-\(UInt32.random(in: 0 ... .max)).dump"
        try owner.execute("begin isolation level repeatable read, read only")
        defer { try? owner.execute("rollback") }
        let facts = try readFacts()
        try system("The dump") { () throws(SystemError) in
            // Before pg_dump writes the first byte: password hashes and signing keys are in it.
            _ = try FileSystem.create(path(dump), mode: 0o600)
        }
        var arguments = ["--format=custom", "--file=\(path(dump))", "--snapshot=\(facts.snapshot)"]
        // Who is not above row-level security dumps as the owner, whose policies let all rows through.
        if !facts.bypassesRowSecurity { arguments += ["--role=coffer_owner", "--enable-row-security"] }
        try tool.run("pg_dump", arguments)
        try system("The dump") { () throws(SystemError) in
            try FileSystem.open(path(dump), for: .readingAndWriting).fsync()
        }
        let head = ManifestHead(
            level: facts.level, dump: dump, dumpDigest: try interruption.digest(ofFile: path(dump)),
            total: facts.total)
        try writeManifest(head)
        return head
    }

    private struct Facts {
        let snapshot: String
        let level: Int64
        let total: Amount
        /// Whether the login role sees all rows without a policy.
        let bypassesRowSecurity: Bool
    }

    /// Of the snapshot that the open transaction has, and exports.
    private func readFacts() throws(Failure) -> Facts {
        try owner.call(
            """
            select pg_export_snapshot() as snapshot, (select migration from internal.schema_level()) as level,
                count(*) as files, coalesce(sum(size_bytes), 0) as bytes,
                (select rolsuper or rolbypassrls from pg_roles where rolname = session_user) as bypasses_row_security
            from internal.files
            """
        ).readOne { row in
            Facts(
                snapshot: try row.text("snapshot"), level: try row.integer("level"),
                total: try row.amount(files: "files", bytes: "bytes"),
                bypassesRowSecurity: try row.boolean("bypasses_row_security"))
        }
    }

    private func writeManifest(_ head: ManifestHead) throws(Failure) {
        let file = try system("The manifest") { () throws(SystemError) in
            do throws(SystemError) { try FileSystem.unlink(path("manifest.next")) } catch
                where error.number == ErrorNumber.noSuchFile
            {}
            return OutputFile(try FileSystem.create(path("manifest.next"), mode: 0o600))
        }
        try file.write(head.lines)
        var last = ""
        while true {
            let page = try owner.call(
                """
                select blob, size_bytes, encode(sha256, 'hex') as sha256 from internal.files
                where blob > $1 order by blob limit 20000
                """, [.text(last)]
            ).readAll { try $0.fileBlob() }
            guard let end = page.last else { break }
            last = end.name.description
            try file.write(page.map(Manifest.line).joined())
        }
        try file.write(Manifest.end(head.total.files))
        try file.sync()
    }

    /// Where each of these blobs is now.
    func sources(_ blobs: [FileBlob]) throws(Failure) -> [BlobName: String] {
        let sources = try owner.call(
            """
            select f.blob, s.url from internal.files f join internal.stores s on s.id = f.store
            where f.blob = any ($1::text[])
            union all
            select d.blob, s.url from internal.garbage d join internal.stores s on s.id = d.store
            where d.blob = any ($1::text[]) and not exists (select from internal.files f where f.blob = d.blob)
            """, [.array(blobs.map(\.name))]
        ).readAll { (try $0.blobName("blob"), try $0.optionalText("url") ?? configuration.storageURL) }
        return Dictionary(sources) { $1 }
    }

    /// Makes the new manifest the backup's, and removes the dumps of earlier ones.
    func complete(_ head: ManifestHead) throws(Failure) {
        // The lock ends with the connection: had it broken, gc could have removed what was to be copied.
        try owner.call("select 1")
        try system("The backup") { () throws(SystemError) in
            try FileSystem.rename(path("manifest.next"), to: Manifest.path(folder))
            try FileSystem.openDirectory(folder).fsync()
            for name in try FileSystem.list(folder)
            where name.hasPrefix("database-") && name.hasSuffix(".dump") && name != head.dump {
                try FileSystem.unlink(path(name))
            }
        }
    }

    func path(_ name: String) -> String { "\(folder)/\(name)" }
}

/// An open file that is written to, with the command's failures.
final class OutputFile {
    private let file: FileDescriptor

    init(_ file: consuming FileDescriptor) { self.file = file }

    func write(_ text: String) throws(Failure) {
        let bytes = Array(text.utf8)
        try system("A file") { () throws(SystemError) in try file.write(all: bytes.span) }
    }

    func sync() throws(Failure) { try system("A file") { () throws(SystemError) in try file.fsync() } }
}

/// Runs what may fail in the system, in words of the command.
func system<Value>(_ what: String, _ body: () throws(SystemError) -> Value) throws(Failure) -> Value {
    do { return try body() } catch { throw Failure("\(what) cannot be read or written: \(error)") }
}
