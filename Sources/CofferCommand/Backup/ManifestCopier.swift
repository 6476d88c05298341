// Copies the blobs of a manifest into a store, for backup and restore.

internal import BlobStore

struct ManifestCopier {
    private let options: BlobCopier.Options
    private let report: (String) -> Void
    private(set) var copied = 0
    private(set) var failures = 0

    /// - Parameter report: prints a line about a blob that cannot be copied.
    init(_ options: BlobCopier.Options, report: @escaping (String) -> Void) {
        (self.options, self.report) = (options, report)
    }

    /// Copies all blobs. Those that cannot be copied are reported and counted.
    ///
    /// - Parameter sources: returns the URLs of the stores that have these blobs.
    /// - Throws: also if the operator interrupts.
    mutating func copy(
        _ manifest: ManifestReader, isSilent: Bool, sources: ([FileBlob]) throws(Failure) -> [BlobName: String]
    ) throws(Failure) {
        let progress = Progress(total: manifest.head.total, countsBytes: true, isSilent: isSilent)
        while case let page = try manifest.next(256), !page.isEmpty {
            let sources = try sources(page)
            for blob in page where sources[blob.name] == nil { fail(blob.name, "it is missing") }
            let tasks = page.compactMap { blob in sources[blob.name].map { CopyTask(blob: blob, source: $0) } }
            for (task, outcome) in BlobCopier.copy(tasks, options) { try count(task.blob.name, outcome) }
            for blob in page { progress.add(Amount(files: 1, bytes: blob.size)) }
        }
        progress.end()
    }

    private mutating func count(_ name: BlobName, _ outcome: BlobCopier.Outcome) throws(Failure) {
        switch outcome {
        case .copied: copied += 1
        case .present: break
        case .absent: fail(name, "it is missing")
        case .failed(let message): fail(name, message)
        case .interrupted: throw Failure.interrupted
        }
    }

    private mutating func fail(_ name: BlobName, _ reason: String) {
        failures += 1
        report("not copied: blob \(name): \(reason)")
    }
}
