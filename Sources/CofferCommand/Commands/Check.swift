// coffer check

internal import ArgumentParser
internal import BlobStore
internal import CofferCore
internal import Storage
internal import POSIX

struct Check: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Compare the database with the stores.",
        discussion: """
            Reports missing blobs, wrong sizes, orphans (blobs without a file), files that the store's owner cannot \
            use and, with --digest, wrong bytes. It is safe while people work. --repair marks orphans for removal by \
            `coffer gc`; missing and wrong bytes can only come from a backup. An unreachable store is reported and \
            skipped. The exit status is 0 if nothing is wrong or everything was repaired, otherwise 1.
            """)

    @Flag(help: "Read every byte and compare the SHA-256 digests.") var digest = false
    @Flag(help: "Repair what can be repaired safely.") var repair = false
    @Option(help: "Read at most this many bytes per second.") var rate: Int64?
    @Option(help: "The number of threads that read bytes.") var threads = 2
    @Option(help: "Save progress in this file and resume from it. It is removed at the end.") var resume: String?
    @Option(help: "Ignore orphans that are younger than this many seconds.") var age: Int64 = 3600
    @Flag(help: "Print one JSON object per line: each problem, then the totals.") var json = false

    func validate() throws {
        try validate(rate: rate)
        try validate(threads: threads, "--threads")
    }

    func run() throws {
        let configuration = try loadConfiguration()
        let unavailable = UnavailableStores()
        let output = CheckRun.Output(report: show, skip: { skip($0, $1, unavailable) }, isSilent: json)
        let owner = try OwnerConnection(configuration, timeout: .seconds(3600))
        let run = try CheckRun(owner, options(configuration), cursorPath: resume, output: output)
        guard let totals = try run.check() else { return try stop() }
        show(totals)
        if totals.problems > 0 { throw ExitCode.failure }
        try unavailable.conclude()
        try owner.recordRun(.check)
    }

    private func options(_ configuration: Configuration) -> StoreChecker.Options {
        StoreChecker.Options(
            configuration: configuration, readsBytes: digest, repairs: repair, minimumAge: age, threads: threads,
            rate: RateLimit(rate))
    }

    private func show(_ report: any Reported) { print(json ? report.json : report.line) }

    private func skip(_ store: StoreRecord, _ error: BlobStoreError, _ unavailable: UnavailableStores) {
        if json { print(#"{"store":\#(store.id),"unavailable":\#(JSON.quoted(error.description))}"#) }
        unavailable.add(store.id, store.url, error, "Its blobs were not checked.")
    }

    private func stop() throws {
        let way = resume.map { "continue with --resume \($0)" } ?? "use --resume FILE to be able to continue"
        StandardError.write(line: "coffer: interrupted; \(way)")
        throw ExitCode(130)
    }
}
