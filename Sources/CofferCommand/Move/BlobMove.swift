// Moves the blobs of all files into one store. A copy is listed before it is made, and used only when it is complete,
// so after any interruption the next run continues.

internal import BlobStore
internal import Postgres
internal import Storage

final class BlobMove {
    let progress: Progress
    private let owner: OwnerConnection
    private let target: StoreRecord
    private let options: BlobCopier.Options
    private let report: (String) -> Void
    /// The number of blobs that the last `copyAll` could not copy.
    private(set) var failures = 0
    private(set) var copied = Amount()

    private static let page: Int64 = 256

    /// - Parameter report: prints a line about a blob that cannot be copied.
    init(
        _ owner: OwnerConnection, to target: StoreRecord, _ options: BlobCopier.Options, isSilent: Bool,
        report: @escaping (String) -> Void
    ) throws(Failure) {
        (self.owner, self.target, self.options, self.report) = (owner, target, options, report)
        let total = try owner.call(
            "select count(*) as files, coalesce(sum(size_bytes), 0) as bytes from internal.kept_blobs where store <> $1",
            [.integer(target.id)]
        ).readOne { try $0.amount(files: "files", bytes: "bytes") }
        progress = Progress(total: total, countsBytes: true, isSilent: isSilent)
    }

    /// Copies the blobs that the target does not have yet. Those that cannot be copied are reported and counted.
    ///
    /// - Throws: also if the operator interrupts.
    func copyAll() throws(Failure) {
        failures = 0
        var last = ""
        while true {
            let page = try nextPage(after: last)
            guard let end = page.last else { return }
            last = end.blob.name.description
            try record(BlobCopier.copy(page, options))
        }
    }

    /// Lets the files use their copies. Waits for rows that other transactions are changing.
    func useCopies() throws(Failure) {
        while try useSomeCopies() > 0 {
            if options.interruption.isRequested { throw Failure.interrupted }
        }
    }

    /// - Returns: the number of files that changed to their copies.
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
        ).readAll { CopyTask(blob: try $0.fileBlob(), source: try $0.text("url")) }
    }

    private func record(_ results: [(task: CopyTask, outcome: BlobCopier.Outcome)]) throws(Failure) {
        let complete = results.filter { $0.outcome == .copied || $0.outcome == .present }.map(\.task.blob)
        try owner.call(
            "select internal.finish_copies($1::smallint, $2::text[])",
            [.integer(target.id), .array(complete.map(\.name))])
        for blob in complete {
            copied += Amount(files: 1, bytes: blob.size)
            progress.add(Amount(files: 1, bytes: blob.size))
        }
        for (name, reason) in try stillUsed(results.compactMap(problem)) {
            failures += 1
            report("not copied: blob \(name)\(reason)")
        }
        if results.contains(where: { $0.outcome == .interrupted }) { throw Failure.interrupted }
    }

    /// Why a blob could not be copied, as the end of a line; nil if it was, or could be.
    private func problem(_ task: CopyTask, _ outcome: BlobCopier.Outcome) -> (name: BlobName, reason: String)? {
        switch outcome {
        case .copied, .present, .interrupted: nil
        case .absent: (task.blob.name, " is missing; see coffer check")
        case .failed(let message): (task.blob.name, ": \(message)")
        }
    }

    /// The problems of blobs that a file still uses. The other blobs were deleted and collected in the meantime.
    private func stillUsed(
        _ problems: [(name: BlobName, reason: String)]
    ) throws(Failure) -> [(name: BlobName, reason: String)] {
        if problems.isEmpty { return [] }
        let used = try owner.call(
            "select blob from internal.kept_blobs where blob = any ($1::text[])", [.array(problems.map(\.name))]
        ).readAll { try $0.blobName("blob") }
        return problems.filter { used.contains($0.name) }
    }
}
