// coffer check

internal import ArgumentParser
internal import BlobStore
internal import CofferCore
internal import CofferProcess
internal import Postgres
internal import System

struct Check: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Compare the database with the stores: missing blobs, blobs of no file, wrong sizes, wrong bytes.",
        discussion: """
            Safe while people work. The exit status is 0 when nothing is wrong or everything was repaired, else 1. A \
            blob of no file can be repaired: it is listed for gc. Missing or wrong bytes come from a backup only.
            """)

    @Flag(help: "Read every byte and compare SHA-256 digests.") var digest = false
    @Flag(help: "Repair what can be repaired safely.") var repair = false
    @Option(help: "Read at most so many bytes per second.") var rate: Int64?
    @Option(help: "Threads that read bytes.") var threads = 2
    @Option(help: "Go on where this file says, and keep it up to date; it is removed in the end.") var resume: String?
    @Option(help: "Seconds for which a blob of no file may be there.") var age: Int64 = 3600
    @Flag(help: "Print one JSON object a line: each problem, then the totals.") var json = false

    func validate() throws {
        if let rate, rate < 1 { throw ValidationError("--rate is at least 1.") }
        guard (1...64).contains(threads) else { throw ValidationError("--threads is from 1 to 64.") }
    }

    func run() throws {
        let configuration = try loadConfiguration()
        let owner = try OwnerConnection(configuration, timeout: .seconds(3600))
        let interruption = Interruption()
        let stores = try Stores(owner, configuration).all
        let total = try total(owner)
        let progress = Progress(total: total, countsBytes: digest, isSilent: json)
        var cursor = try resume.map { (path) throws(Failure) in try CheckCursor.load(path) } ?? nil
        let earlier = cursor?.problems ?? 0
        let tally = Tally()
        for store in stores where store.id >= cursor?.store ?? 0 {
            let checker = Checker(
                store, try open(store), owner, options, now: Clock.realtimeSeconds(), progress: progress,
                interruption: interruption
            ) { problem in
                tally.add(problem)
                print(json ? problem.json : problem.line)
            }
            let last = cursor?.store == store.id ? cursor?.blob : nil
            let isDone = try checker.check(after: last) { (name) throws(Failure) in
                cursor = CheckCursor(store: store.id, blob: name, problems: earlier + tally.open)
                try save(cursor)
            }
            guard isDone else { return try stop(cursor) }
            cursor = CheckCursor(store: store.id + 1, blob: nil, problems: earlier + tally.open)
            try save(cursor)
        }
        progress.end()
        if let resume { try? FileSystem.unlink(resume) }
        try conclude(progress.done, earlier + tally.open, tally.repaired)
    }

    /// The problems so far.
    private final class Tally {
        private(set) var open = 0
        private(set) var repaired = 0

        func add(_ problem: Problem) {
            if problem.isRepaired { repaired += 1 } else { open += 1 }
        }
    }

    private var options: Checker.Options {
        Checker.Options(
            readsBytes: digest, repairs: repair, minimumAge: age, threads: threads, rate: RateLimit(rate))
    }

    private func open(_ store: StoreRecord) throws(Failure) -> any BlobStore {
        do { return try openStore(store.url) } catch { throw Failure(error) }
    }

    /// From the totals of the accounts, so that nobody waits for a count.
    private func total(_ owner: OwnerConnection) throws(Failure) -> Amount {
        let rows = try owner.call(
            "select coalesce(sum(file_count), 0), coalesce(sum(used_bytes), 0) from internal.users")
        return Amount(files: rows.integer(0, 0) ?? 0, bytes: rows.integer(0, 1) ?? 0)
    }

    private func save(_ cursor: CheckCursor?) throws(Failure) {
        if let resume { try cursor?.save(resume) }
    }

    private func stop(_ cursor: CheckCursor?) throws {
        let way = resume.map { "go on with --resume \($0)" } ?? "with --resume FILE it could go on from here"
        StandardError.write(line: "coffer: interrupted; \(way)")
        throw ExitCode(130)
    }

    private func conclude(_ done: Amount, _ open: Int, _ repaired: Int) throws {
        if json {
            print(#"{"files":\#(done.files),"bytes":\#(done.bytes),"problems":\#(open),"repaired":\#(repaired)}"#)
        } else {
            print("\(done.files) files are as they should be, \(open) problems, \(repaired) repaired")
        }
        if open > 0 { throw ExitCode.failure }
    }
}
