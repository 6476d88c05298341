// Gets the blobs of all files into one store. Copies are listed before they are made and used when they are whole, so
// whatever stops this, the next run goes on.

internal import BlobStore
internal import Postgres
internal import Storage

final class BlobMove {
    private let owner: OwnerConnection
    private let target: StoreRecord
    private let options: BlobCopier.Options
    private let threads: Int
    private let progress: Progress
    private(set) var failures = 0
    private(set) var copied = Amount()

    private static let page: Int64 = 256

    init(
        _ owner: OwnerConnection, to target: StoreRecord, _ options: BlobCopier.Options, threads: Int,
        progress: Progress
    ) {
        (self.owner, self.target, self.options) = (owner, target, options)
        (self.threads, self.progress) = (threads, progress)
    }

    /// Copies what the target does not have yet.
    ///
    /// - Throws: when it is interrupted. Blobs that cannot be copied are told and counted in `failures`.
    func copyAll() throws(Failure) {
        failures = 0
        var last = ""
        while true {
            let page = try nextPage(after: last)
            guard let end = page.last else { return }
            last = end.name.description
            let outcomes = inParallel(page, threads: threads, with: { [options] in BlobCopier(options) }) {
                task, copier in copier.copy(task)
            }
            try record(Array(zip(page, outcomes)))
        }
    }

    /// Lets files use their copies. Rows that are being changed at the moment are waited for.
    func useCopies() throws(Failure) {
        while try owner.call("select internal.use_copies($1::smallint, 1000)", [.integer(target.id)]).integer(0, 0) ?? 0
            > 0
        {
            if options.interruption.isRequested { throw Failure.interrupted }
        }
    }

    private func nextPage(after last: String) throws(Failure) -> [CopyTask] {
        if options.interruption.isRequested { throw Failure.interrupted }
        let rows = try owner.call(
            "select blob, url, size_bytes, encode(sha256, 'hex') from internal.begin_copies($1::smallint, $2, $3::integer)",
            [.integer(target.id), .text(last), .integer(Self.page)])
        return (0..<rows.count).compactMap { row in
            guard let name = rows.text(row, 0).flatMap({ BlobName($0) }), let source = rows.text(row, 1),
                let size = rows.integer(row, 2), let sha256 = rows.text(row, 3)
            else { return nil }
            return CopyTask(name: name, source: source, content: KnownBlob.Content(size: size, sha256: sha256))
        }
    }

    private func record(_ results: [(CopyTask, BlobCopier.Outcome)]) throws(Failure) {
        let whole = results.filter { $0.1 == .copied || $0.1 == .present }
        try owner.call(
            "select internal.finish_copies($1::smallint, $2::text[])",
            [.integer(target.id), .array(whole.map(\.0.name))])
        for (task, _) in whole {
            copied += Amount(files: 1, bytes: task.content.size)
            progress.add(Amount(files: 1, bytes: task.content.size))
        }
        let others = results.filter { $0.1 != .copied && $0.1 != .present && $0.1 != .interrupted }
        // What was deleted meanwhile and collected is no failure.
        let files = try owner.call(
            "select blob from internal.files where blob = any ($1::text[])",
            [.array(others.map(\.0.name))])
        let still = Set((0..<files.count).compactMap { files.text($0, 0) })
        for (task, outcome) in others where still.contains(task.name.description) {
            failures += 1
            if case .failed(let message) = outcome {
                print("not copied: blob \(task.name): \(message)")
            } else {
                print("not copied: blob \(task.name) is missing; see coffer check")
            }
        }
        if results.contains(where: { $0.1 == .interrupted }) { throw Failure.interrupted }
    }
}

extension Failure {
    /// What was done so far stays done.
    static let interrupted = Failure("interrupted; run the same command again to continue")
}
