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
        while try useSomeCopies() > 0 {
            if options.interruption.isRequested { throw Failure.interrupted }
        }
    }

    /// - Returns: how many files use their copies now.
    private func useSomeCopies() throws(Failure) -> Int64 {
        try owner.call("select internal.use_copies($1::smallint, 1000) as count", [.integer(target.id)])
            .readOne { try $0.integer("count") }
    }

    private func nextPage(after last: String) throws(Failure) -> [CopyTask] {
        if options.interruption.isRequested { throw Failure.interrupted }
        return try owner.call(
            """
            select blob, url, size_bytes, encode(sha256, 'hex') as sha256
            from internal.begin_copies($1::smallint, $2, $3::integer)
            """, [.integer(target.id), .text(last), .integer(Self.page)]
        ).readAll { row in
            CopyTask(
                name: try row.blobName("blob"), source: try row.text("url"),
                content: KnownBlob.Content(size: try row.integer("size_bytes"), sha256: try row.text("sha256")))
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
        let used = Set(
            try owner.call(
                "select blob from internal.files where blob = any ($1::text[])", [.array(others.map(\.0.name))]
            ).readAll { try $0.blobName("blob") })
        for (task, outcome) in others where used.contains(task.name) {
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
