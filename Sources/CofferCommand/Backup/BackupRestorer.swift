// Restores a backup: first the blobs, then the database in one transaction. After an interruption the same call
// continues.

internal import BlobStore
internal import CofferCore
internal import Postgres
internal import Storage
internal import POSIX

final class BackupRestorer {
    private let directory: String
    private let configuration: Configuration
    private let interruption: Interruption
    private let owner: OwnerConnection
    private let report: (String) -> Void

    /// - Parameters:
    ///   - path: the backup's directory.
    ///   - report: prints a line about a blob that cannot be copied, or about an applied migration.
    init(
        _ path: String, _ configuration: Configuration, _ interruption: Interruption,
        report: @escaping (String) -> Void
    ) throws(Failure) {
        directory = try absolute(path)
        (self.configuration, self.interruption, self.report) = (configuration, interruption, report)
        owner = try OwnerConnection(configuration, timeout: .seconds(24 * 3600))
    }

    /// - Parameter threads: the number of blobs to copy at the same time.
    /// - Returns: the files of the backup.
    func restore(threads: Int, isSilent: Bool) throws(Failure) -> Amount {
        let head = try checkedHead()
        let stores = StoreCache(configuration, for: .operator)
        let store = try mapError(to: Failure.self) { try stores.makeStore(configuration.storageURL) }
        try ManifestReader(directory).forEachOrphan(in: store) { (_) throws(Failure) in
            throw Failure("The store is not empty: it holds blobs that are not part of this backup.")
        }
        try copyBlobs(threads, isSilent)
        try restoreDatabase(head)
        try StoreMarks(owner: owner, stores: stores).bind(store, url: configuration.storageURL)
        mentionRoot(store)
        return head.total
    }

    /// Fails before anything is changed if the backup is damaged or too new, or the database is not empty.
    private func checkedHead() throws(Failure) -> ManifestHead {
        let head = try ManifestReader(directory).head
        guard try interruption.digest(ofFile: "\(directory)/\(head.dump)") == head.dumpDigest else {
            throw Failure("The dump in \(directory) does not match the manifest.")
        }
        if head.level > Migrator.newestLevel { throw Failure("The backup was made by a newer version of Coffer.") }
        let sql = "select from pg_catalog.pg_namespace where nspname in ('api', 'internal', 'extensions')"
        // Not as coffer_owner, as an empty database may know no such role.
        let schemas = try mapError(to: Failure.self) { try owner.connection.run([Query(Statement(sql: sql))])[0] }
        if !schemas.isEmpty { throw Failure("The database is not empty.") }
        return head
    }

    private func copyBlobs(_ threads: Int, _ isSilent: Bool) throws(Failure) {
        var options = BlobCopier.Options(
            configuration: configuration, target: configuration.storageURL, threads: threads, rate: RateLimit(nil),
            interruption: interruption)
        options.looksFirst = true
        var copier = ManifestCopier(options, report: report)
        let source = Manifest.blobURL(directory)
        try copier.copy(ManifestReader(directory), isSilent: isSilent) { (blobs) throws(Failure) in
            Dictionary(blobs.map { ($0.name, source) }) { $1 }
        }
        if copier.failures > 0 { throw Failure("\(copier.failures) blobs of the backup are damaged or missing.") }
    }

    private func restoreDatabase(_ head: ManifestHead) throws(Failure) {
        try Migrator(owner: owner).makeRoles()
        // pg_restore prints a script if it is given no database. The rest of the connection is in its environment.
        let database = try owner.call("select current_database() as name").readOne { try $0.text("name") }
        try DatabaseTool(connection: configuration.ownerDatabaseURL, interruption: interruption).run(
            "pg_restore",
            ["--single-transaction", "--exit-on-error", "--dbname=\(database)", "\(directory)/\(head.dump)"])
        try Migrator(owner: owner).run { report("applied \($0)") }
        try owner.call("select internal.reset_to_one_store()")
    }
}
