// One run of `coffer export`: the files of a user are written to a directory.

internal import CofferCore
internal import Storage

struct ExportRun {
    private let account: Account
    private let writer: TreeWriter
    private let interruption: Interruption
    private let tally: TreeTally

    /// Makes the directory if it does not exist.
    ///
    /// - Parameter report: prints a line about a file.
    init(
        _ account: Account, to directory: String, overwrites: Bool, _ configuration: Configuration,
        _ interruption: Interruption, report: @escaping (String) -> Void
    ) throws(Failure) {
        (self.account, self.interruption) = (account, interruption)
        tally = TreeTally(report: report)
        let root = try absolute(directory)
        try makeDirectory(root)
        writer = TreeWriter(
            root, overwrites: overwrites, StoreCache(configuration, for: .operator), interruption)
    }

    /// Files that cannot be exported are reported and counted.
    ///
    /// - Throws: also if the operator interrupts.
    func run(isSilent: Bool) throws(Failure) -> TreeTally {
        let progress = Progress(total: account.total, countsBytes: true, isSilent: isSilent)
        var last = ""
        while case let page = try account.files(after: last), let end = page.last {
            last = end.path
            for file in page {
                if interruption.isRequested { throw Failure.interrupted }
                try write(file)
                progress.add(Amount(files: 1, bytes: file.blob.size))
            }
        }
        progress.end()
        return tally
    }

    private func write(_ file: TreeFile) throws(Failure) {
        do {
            tally.count(isNew: try writer.write(file))
        } catch {
            switch error {
            case let problem as TreeWriter.Problem: tally.fail(file.path, problem.text)
            case is VerifiedReader.Interrupted: throw Failure.interrupted
            default: tally.fail(file.path, "\(error)")
            }
        }
    }
}
