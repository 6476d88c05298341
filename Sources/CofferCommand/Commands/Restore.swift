// coffer restore

internal import ArgumentParser
internal import BlobStore
internal import CofferCore
internal import Postgres
internal import Storage
internal import POSIX

struct Restore: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Restore a backup into an empty database and an empty store.",
        discussion: """
            The blobs are copied first; then the database is restored in one transaction. After an interruption, run \
            the same command again. Requires pg_restore.
            """)

    @ArgumentParser.Argument(help: "The directory that `coffer backup` wrote.") var folder: String
    @Option(help: "The number of blobs to copy at the same time.") var parallel = 2
    @Flag(help: "Do not show progress.") var quiet = false

    func run() throws {
        let configuration = try loadConfiguration()
        let interruption = Interruption()
        let folder = try absolute(folder)
        let owner = try OwnerConnection(configuration, timeout: .seconds(24 * 3600))
        let head = try check(folder, owner, interruption)
        let stores = StoreCache(configuration, for: .operator)
        let store = try mapError(to: Failure.self) { try stores.makeStore(configuration.storageURL) }
        try forEachOrphan(in: store, besides: ManifestReader(folder)) { (_) throws(Failure) in
            throw Failure("The store is not empty: it holds blobs that are not part of this backup.")
        }
        try copyBlobs(folder, to: configuration, interruption)
        try restoreDatabase(head, folder, owner, configuration, interruption)
        try StoreMarks(owner: owner, stores: stores).bind(store, url: configuration.storageURL)
        mentionRoot(store)
        print("restored \(head.total.files) files with \(head.total.bytes) bytes")
    }

    /// Refuses before anything is changed.
    private func check(
        _ folder: String, _ owner: OwnerConnection, _ interruption: Interruption
    ) throws(Failure) -> ManifestHead {
        let head = try ManifestReader(folder).head
        guard try interruption.digest(ofFile: "\(folder)/\(head.dump)") == head.dumpDigest else {
            throw Failure("The dump in \(folder) does not match the manifest.")
        }
        if head.level > Migrator.newestLevel { throw Failure("The backup was made by a newer version of Coffer.") }
        let sql = "select from pg_catalog.pg_namespace where nspname in ('api', 'internal', 'extensions')"
        let schemas = try mapError(to: Failure.self) { try owner.connection.run([Query(Statement(sql: sql))])[0] }
        if !schemas.isEmpty { throw Failure("The database is not empty.") }
        return head
    }

    private func copyBlobs(
        _ folder: String, to configuration: Configuration, _ interruption: Interruption
    ) throws(Failure) {
        let manifest = try ManifestReader(folder)
        let progress = Progress(total: manifest.head.total, countsBytes: true, isSilent: quiet)
        var options = BlobCopier.Options(
            configuration: configuration, target: configuration.storageURL, threads: parallel,
            rate: RateLimit(nil), interruption: interruption)
        options.looksFirst = true
        var tally = CopyTally()
        while case let page = try manifest.next(256), !page.isEmpty {
            try tally.copy(page, options, progress) { _ in "file://\(folder)/blobs" }
        }
        progress.end()
        if tally.failures > 0 { throw Failure("\(tally.failures) blobs of the backup are damaged or missing.") }
    }

    private func restoreDatabase(
        _ head: ManifestHead, _ folder: String, _ owner: OwnerConnection, _ configuration: Configuration,
        _ interruption: Interruption
    ) throws(Failure) {
        try Migrator(owner: owner).makeRoles()
        var arguments = ["--single-transaction", "--exit-on-error", "--dbname="]
        arguments[2] += try database(configuration)
        try DatabaseTool(connection: configuration.ownerDatabaseURL, interruption: interruption)
            .run("pg_restore", arguments + ["\(folder)/\(head.dump)"])
        try Migrator(owner: owner).run { print("applied \($0)") }
        try owner.call("select internal.reset_to_one_store()")
    }

    /// The name alone: the rest of the connection is in the environment.
    private func database(_ configuration: Configuration) throws(Failure) -> String {
        try mapError(to: Failure.self) {
            try connectionEnvironment(configuration.ownerDatabaseURL)["PGDATABASE"] ?? "coffer"
        }
    }
}
