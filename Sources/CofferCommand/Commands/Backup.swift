// coffer backup

internal import ArgumentParser
internal import BlobStore
internal import CofferCore
internal import Storage
internal import POSIX

struct Backup: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Save the database and all bytes in a directory, while people work.",
        discussion: """
            Bytes that an earlier backup has copied are not copied again. The backup holds password hashes and signing \
            keys, so keep it as safe as the server. Requires pg_dump.
            """)

    @ArgumentParser.Argument(help: "The directory. It is created if it does not exist.") var folder: String
    @Flag(help: "Compare blobs of earlier backups by digest, not only by size.") var digest = false
    @Flag(help: "Remove blobs that this backup does not need.") var prune = false
    @Option(help: "Read at most this many bytes per second.") var rate: Int64?
    @Option(help: "The number of blobs to copy at the same time.") var parallel = 2
    @Flag(help: "Do not show progress.") var quiet = false

    func validate() throws {
        if let rate, rate < 1 { throw ValidationError("--rate must be at least 1.") }
        guard (1...64).contains(parallel) else { throw ValidationError("--parallel must be from 1 to 64.") }
    }

    func run() throws {
        let configuration = try loadConfiguration()
        let interruption = Interruption()
        let folder = try absolute(folder)
        try createDirectory(folder)
        let writer = try BackupWriter(folder, configuration, interruption)
        let stores = StoreCache(configuration, for: .operator)
        _ = try mapError(to: Failure.self) { try stores.makeStore(writer.blobURL) }
        try writer.hold()
        let head = try writer.writeDatabase()
        let manifest = try ManifestReader(folder, name: "manifest.next")
        let progress = Progress(total: head.total, countsBytes: true, isSilent: quiet)
        var options = BlobCopier.Options(
            configuration: configuration, target: writer.blobURL, threads: parallel, rate: RateLimit(rate),
            interruption: interruption)
        options.looksFirst = true
        options.comparesBytes = digest
        var tally = CopyTally()
        while case let page = try manifest.next(256), !page.isEmpty {
            let sources = try writer.sources(page)
            try tally.copy(page, options, progress) { sources[$0] }
        }
        progress.end()
        if tally.failures > 0 {
            throw Failure("\(tally.failures) blobs could not be copied. The backup is incomplete.")
        }
        try writer.complete(head)
        var report = "saved \(head.total.files) files, \(tally.copied) of them copied now"
        if prune { report += ", removed \(try pruned(folder, stores, writer.blobURL)) blobs" }
        print(report)
    }

    private func createDirectory(_ path: String) throws(Failure) {
        try system("The directory") { () throws(SystemError) in
            do throws(SystemError) { try FileSystem.createDirectory(path, mode: 0o700) } catch
                where error.number == ErrorNumber.fileExists
            {}
        }
    }

    private func pruned(_ folder: String, _ stores: StoreCache, _ url: String) throws(Failure) -> Int {
        let store = try mapError(to: Failure.self) { try stores.store(url) }
        var count = 0
        try forEachOrphan(in: store, besides: ManifestReader(folder)) { (name) throws(Failure) in
            try mapError(to: Failure.self) { try store.remove(name) }
            count += 1
        }
        return count
    }
}

/// Counts what becomes of blobs, and tells of failures.
struct CopyTally {
    private(set) var copied = 0
    private(set) var failures = 0

    mutating func copy(
        _ page: [FileBlob], _ options: BlobCopier.Options, _ progress: Progress,
        source: (BlobName) -> String?
    ) throws(Failure) {
        let tasks = page.map { CopyTask(blob: $0, source: source($0.name) ?? "") }
        for (task, outcome) in BlobCopier.copy(tasks, options) {
            switch outcome {
            case .copied: copied += 1
            case .present: break
            case .absent: fail(task, "it is missing")
            case .failed(let message): fail(task, message)
            case .interrupted: throw Failure.interrupted
            }
            progress.add(Amount(files: 1, bytes: task.blob.size))
        }
    }

    private mutating func fail(_ task: CopyTask, _ reason: String) {
        failures += 1
        print("not copied: blob \(task.blob.name): \(reason)")
    }
}

/// Calls `body` with each blob of a store that a manifest does not name.
func forEachOrphan(
    in store: any BlobStore, besides manifest: ManifestReader, _ body: (BlobName) throws(Failure) -> Void
) throws(Failure) {
    let known = PagedStream<FileBlob> { (_) throws(Failure) in try manifest.next(20_000) }
    let blobs = PagedStream<BlobStatus> { (last) throws(Failure) in
        try mapError(to: Failure.self) { try store.list(after: last?.name, limit: 20_000) }
    }
    var join = MergeJoin(known, by: \.name, blobs, by: \.name)
    while let pair = try join.next() {
        if case .right(let blob) = pair { try body(blob.name) }
    }
}
