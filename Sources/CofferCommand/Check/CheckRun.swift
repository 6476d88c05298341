// One run of `coffer check`: all stores, one after the other, from where an earlier check was interrupted.

internal import BlobStore
internal import CofferCore
internal import Postgres
internal import Storage
internal import POSIX

final class CheckRun {
    /// How the check prints.
    struct Output {
        let report: (any Reported) -> Void
        /// Reports a store that is skipped as it is unavailable.
        let skip: (StoreRecord, BlobStoreError) -> Void
        let isSilent: Bool
    }

    private let owner: OwnerConnection
    private let records: [StoreRecord]
    private let stores: StoreCache
    private let options: StoreChecker.Options
    private let output: Output
    private let interruption = Interruption()
    private let progress: Progress
    /// The path of the file that keeps the cursor.
    private let cursorPath: String?
    private let start: CheckCursor
    private var totals: CheckTotals

    /// - Parameter cursorPath: nil if the check cannot be resumed.
    init(
        _ owner: OwnerConnection, _ options: StoreChecker.Options, cursorPath: String?, output: Output
    ) throws(Failure) {
        (self.owner, self.options, self.cursorPath, self.output) = (owner, options, cursorPath, output)
        records = try Stores(owner, options.configuration).all
        stores = StoreCache(options.configuration, for: .operator)
        progress = Progress(
            total: try Self.expected(owner), countsBytes: options.readsBytes, isSilent: output.isSilent)
        start = if let cursorPath, let saved = try CheckCursor.load(cursorPath) { saved } else { .beginning }
        totals = CheckTotals(problems: start.problems)
    }

    /// - Returns: nil if the operator interrupted.
    func check() throws(Failure) -> CheckTotals? {
        for record in records where record.id >= start.store {
            switch try check(record) {
            case .done: break
            case .interrupted: return nil
            case .unavailable(let error):
                totals.unavailableStores += 1
                output.skip(record, error)
            }
        }
        progress.end()
        if let cursorPath, totals.unavailableStores == 0 { try? FileSystem.unlink(cursorPath) }
        totals.correct = progress.done
        return totals
    }

    private func check(_ record: StoreRecord) throws(Failure) -> StoreChecker.Outcome {
        let store: any BlobStore
        do {
            store = try stores.store(record)
            if let problem = try AccessProblem(record, store) {
                totals.problems += 1
                output.report(problem)
            }
        } catch {
            return .unavailable(error)
        }
        let checker = StoreChecker(
            record, store, owner, options, now: Clock.realtimeSeconds(), progress: progress,
            interruption: interruption, report: report)
        let last = record.id == start.store ? start.blob : nil
        let outcome = try checker.check(after: last) { (name) throws(Failure) in
            try save(store: record.id, blob: name)
        }
        if outcome != .done { return outcome }
        do {
            if let uploads = try store.openUploadsReport(record.id) { output.report(uploads) }
        } catch {
            return .unavailable(error)
        }
        try save(store: record.id + 1, blob: nil)
        return .done
    }

    private func report(_ problem: Problem) {
        if problem.isRepaired { totals.repaired += 1 } else { totals.problems += 1 }
        output.report(problem)
    }

    /// Saves where this check is. A check that is resumed begins with the first store that was unavailable.
    private func save(store: Int64, blob: BlobName?) throws(Failure) {
        guard let cursorPath, totals.unavailableStores == 0 else { return }
        try CheckCursor(store: store, blob: blob, problems: totals.problems).save(cursorPath)
    }

    /// From the totals of the accounts, as it would take long to count the files.
    private static func expected(_ owner: OwnerConnection) throws(Failure) -> Amount {
        try owner.call(
            """
            select coalesce(sum(file_count), 0) as files, coalesce(sum(used_bytes + trash_bytes), 0) as bytes
            from internal.ledgers
            """
        ).readOne { try $0.amount(files: "files", bytes: "bytes") }
    }
}
