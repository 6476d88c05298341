// Makes a backup: first the database, then the blobs that it names, which never change. The new manifest replaces the
// old one at the end, so an interrupted backup leaves the earlier one as it was.

internal import BlobStore
internal import CofferCore
internal import Postgres
internal import Storage
internal import POSIX

final class BackupWriter {
    struct Options {
        /// Whether blobs of earlier backups are compared by their bytes. If false, only by their size.
        let comparesBytes: Bool
        let rate: RateLimit
        /// The number of blobs to copy at the same time.
        let threads: Int
        let isSilent: Bool
    }

    private let directory: String
    private let configuration: Configuration
    private let interruption: Interruption
    private let owner: OwnerConnection
    private let store: any BlobStore

    /// Makes the directory and its store if they are missing, and connects to the database.
    ///
    /// - Parameter path: the backup's directory.
    init(_ path: String, _ configuration: Configuration, _ interruption: Interruption) throws(Failure) {
        directory = try absolute(path)
        (self.configuration, self.interruption) = (configuration, interruption)
        try makeDirectory(directory)
        // Long enough to wait for a batch of gc.
        owner = try OwnerConnection(configuration, timeout: .seconds(24 * 3600))
        let stores = StoreCache(configuration, for: .operator)
        store = try mapError(to: Failure.self) { [directory] in try stores.makeStore(Manifest.blobURL(directory)) }
    }

    /// Saves the database and its blobs. Gc removes no blobs from now on until this object is released.
    ///
    /// - Parameter report: prints a line about a blob that cannot be copied.
    /// - Returns: the number of files in the backup, and of the blobs that were copied.
    func write(_ options: Options, report: @escaping (String) -> Void) throws(Failure) -> (files: Int64, copied: Int) {
        try owner.call("select internal.hold_collection()")
        let tool = DatabaseTool(connection: configuration.ownerDatabaseURL, interruption: interruption)
        let head = try DatabaseDump(directory: directory, owner: owner, tool: tool).write()
        var copierOptions = BlobCopier.Options(
            configuration: configuration, target: Manifest.blobURL(directory), threads: options.threads,
            rate: options.rate, interruption: interruption)
        copierOptions.looksFirst = true
        copierOptions.comparesBytes = options.comparesBytes
        var copier = ManifestCopier(copierOptions, report: report)
        try copier.copy(
            ManifestReader(directory, name: Manifest.nextName), isSilent: options.isSilent, sources: sources)
        if copier.failures > 0 {
            throw Failure("\(copier.failures) blobs could not be copied. The backup is incomplete.")
        }
        try complete(head)
        return (head.total.files, copier.copied)
    }

    /// Removes the blobs that the backup does not need.
    ///
    /// - Returns: their number.
    func prune() throws(Failure) -> Int {
        var count = 0
        try ManifestReader(directory).forEachOrphan(in: store) { (name) throws(Failure) in
            try mapError(to: Failure.self) { try store.remove(name) }
            count += 1
        }
        return count
    }

    /// The URLs of the stores that have these blobs now. A file may have been deleted since the dump.
    private func sources(_ blobs: [FileBlob]) throws(Failure) -> [BlobName: String] {
        let sources = try owner.call(
            """
            select k.blob, s.url from internal.kept_blobs k join internal.stores s on s.id = k.store
            where k.blob = any ($1::text[])
            union all
            select d.blob, s.url from internal.garbage d join internal.stores s on s.id = d.store
            where d.blob = any ($1::text[]) and not exists (select from internal.kept_blobs k where k.blob = d.blob)
            """, [.array(blobs.map(\.name))]
        ).readAll { (try $0.blobName("blob"), try $0.optionalText("url") ?? configuration.storageURL) }
        return Dictionary(sources) { $1 }
    }

    /// Replaces the manifest, and removes the dumps of earlier backups.
    private func complete(_ head: ManifestHead) throws(Failure) {
        // The lock that holds gc ends with the connection. If it was lost, gc may have removed blobs.
        try owner.call("select")
        try mapError(as: "The backup cannot be completed") {
            try FileSystem.rename("\(directory)/\(Manifest.nextName)", to: "\(directory)/\(Manifest.name)")
            try FileSystem.openDirectory(directory).fsync()
            for name in try FileSystem.list(directory)
            where name.hasPrefix("database-") && name.hasSuffix(".dump") && name != head.dump {
                try FileSystem.unlink("\(directory)/\(name)")
            }
        }
        try owner.recordRun(.backup)
    }
}
