// One run of `coffer import`: the files of a directory become files of a user.

internal import BlobStore
internal import CofferCore
internal import Storage
internal import POSIX

struct ImportRun {
    private let root: String
    private let importer: TreeImporter
    private let interruption: Interruption
    private let tally: TreeTally

    /// - Parameter report: prints a line about a file.
    /// - Throws: also if the directory cannot be read, or this process may not write to the current store.
    init(
        _ account: Account, from directory: String, _ configuration: Configuration, _ interruption: Interruption,
        report: @escaping (String) -> Void
    ) throws(Failure) {
        self.interruption = interruption
        tally = TreeTally(report: report)
        root = try absolute(directory)
        try mapError(as: "The directory cannot be read") { [root] in _ = try FileSystem.openDirectory(root) }
        let stores = StoreCache(configuration, for: .operator)
        let current = try Stores(account.owner, configuration).current
        try mapError(to: Failure.self) {
            try (stores.store(current) as? any OwnedBlobStore)?.requireOwner()
        }
        importer = TreeImporter(account, stores, interruption)
    }

    /// Files that cannot be imported are reported and counted.
    ///
    /// - Throws: also if the operator interrupts.
    func run(isSilent: Bool) throws(Failure) -> TreeTally {
        let progress = Progress(total: nil, countsBytes: true, isSilent: isSilent)
        try TreeReader(root: root, skip: tally.fail).walk { (path, status) throws(Failure) in
            if interruption.isRequested { throw Failure.interrupted }
            try store(path, status)
            progress.add(Amount(files: 1, bytes: status.size))
        }
        progress.end()
        return tally
    }

    private func store(_ path: String, _ status: FileStatus) throws(Failure) {
        do throws(TreeImporter.Problem) {
            tally.count(isNew: try importer.store(path, status, from: root))
        } catch {
            if interruption.isRequested { throw Failure.interrupted }
            tally.fail(path, error.text)
        }
    }
}
