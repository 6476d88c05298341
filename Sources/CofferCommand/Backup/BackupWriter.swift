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
        let facts = try owner.call(
            """
            select pg_export_snapshot(), (select migration from internal.schema_level()), count(*), coalesce(sum(size_bytes), 0),
                (select rolsuper or rolbypassrls from pg_roles where rolname = session_user)
            from internal.files
            """)
        try system("The dump") { () throws(SystemError) in
            // Before pg_dump writes the first byte: password hashes and signing keys are in it.
            _ = try FileSystem.create(path(dump), mode: 0o600)
        }
        var arguments = ["--format=custom", "--file=\(path(dump))", "--snapshot=\(facts.text(0, 0) ?? "")"]
        // Who is not above row-level security dumps as the owner, whose policies let all rows through.
        if facts.boolean(0, 4) != true { arguments += ["--role=coffer_owner", "--enable-row-security"] }
        try tool.run("pg_dump", arguments)
        try system("The dump") { () throws(SystemError) in
            try FileSystem.open(path(dump), for: .readingAndWriting).fsync()
        }
        let head = ManifestHead(
            level: facts.integer(0, 1) ?? 0, dump: dump, dumpDigest: try interruption.digest(ofFile: path(dump)),
            total: Amount(files: facts.integer(0, 2) ?? 0, bytes: facts.integer(0, 3) ?? 0))
        try writeManifest(head)
        return head
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
            let rows = try owner.call(
                """
                select blob, size_bytes, encode(sha256, 'hex') from internal.files
                where blob > $1 order by blob limit 20000
                """, [.text(last)])
            if rows.count == 0 { break }
            last = rows.text(rows.count - 1, 0) ?? ""
            try file.write(
                (0..<rows.count).map {
                    Manifest.line(rows.text($0, 0) ?? "", rows.integer($0, 1) ?? 0, rows.text($0, 2) ?? "")
                }.joined())
        }
        try file.write(Manifest.end(head.total.files))
        try file.sync()
    }

    /// Where each of these blobs is now.
    func sources(_ blobs: [KnownBlob]) throws(Failure) -> [BlobName: String] {
        let rows = try owner.call(
            """
            select f.blob, s.url from internal.files f join internal.stores s on s.id = f.store
            where f.blob = any ($1::text[])
            union all
            select d.blob, s.url from internal.garbage d join internal.stores s on s.id = d.store
            where d.blob = any ($1::text[]) and not exists (select from internal.files f where f.blob = d.blob)
            """, [.array(blobs.map(\.name))])
        var sources: [BlobName: String] = [:]
        for row in 0..<rows.count {
            guard let name = rows.text(row, 0).flatMap({ BlobName($0) }) else { continue }
            sources[name] = rows.text(row, 1) ?? configuration.storageURL
        }
        return sources
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

extension Interruption {
    /// SHA-256 of a file in hexadecimal.
    func digest(ofFile path: String) throws(Failure) -> String {
        do {
            return try VerifiedReader(self).digest(ofFile: path)
        } catch is VerifiedReader.Interrupted {
            throw Failure.interrupted
        } catch {
            throw Failure("\(path) cannot be read: \(error)")
        }
    }
}
