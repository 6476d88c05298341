// coffer check

internal import ArgumentParser
internal import BlobStore
internal import CofferCore
internal import Postgres
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
        if let rate, rate < 1 { throw ValidationError("--rate must be at least 1.") }
        guard (1...64).contains(threads) else { throw ValidationError("--threads must be from 1 to 64.") }
    }

    func run() throws {
        let configuration = try loadConfiguration()
        let owner = try OwnerConnection(configuration, timeout: .seconds(3600))
        let interruption = Interruption()
        let (stores, records) = (StoreCache(configuration, for: .operator), try Stores(owner, configuration).all)
        let total = try total(owner)
        let progress = Progress(total: total, countsBytes: digest, isSilent: json)
        var cursor = try resume.map { (path) throws(Failure) in try CheckCursor.load(path) } ?? nil
        let earlier = cursor?.problems ?? 0
        let (tally, unavailable) = (Tally(), UnavailableStores())
        for store in records where store.id >= cursor?.store ?? 0 {
            let last = cursor?.store == store.id ? cursor?.blob : nil
            let outcome = try check(store, in: stores, after: last, owner, progress, interruption, tally) {
                (blob) throws(Failure) in
                // A check that is resumed begins with the first store that was away.
                guard unavailable.count == 0 else { return }
                let next = blob == nil ? store.id + 1 : store.id
                cursor = CheckCursor(store: next, blob: blob, problems: earlier + tally.open)
                if let resume { try cursor?.save(resume) }
            }
            switch outcome {
            case .done: break
            case .interrupted: return try stop()
            case .unavailable(let error): skip(store, error, unavailable)
            }
        }
        progress.end()
        if let resume, unavailable.count == 0 { try? FileSystem.unlink(resume) }
        try conclude(progress.done, earlier + tally.open, tally.repaired, unavailable)
    }

    /// - Parameter save: is given the last name of all that are done, and nil at the end of the store.
    private func check(
        _ store: StoreRecord, in stores: StoreCache, after last: BlobName?, _ owner: OwnerConnection,
        _ progress: Progress, _ interruption: Interruption, _ tally: Tally, save: (BlobName?) throws(Failure) -> Void
    ) throws(Failure) -> Checker.Outcome {
        let opened: any BlobStore
        do {
            opened = try stores.store(store)
            if let problem = try AccessProblem(store, opened) {
                tally.add(problem)
                print(json ? problem.json : problem.line)
            }
        } catch {
            return .unavailable(error)
        }
        let checker = Checker(
            store, opened, owner, options(stores.configuration), now: Clock.realtimeSeconds(), progress: progress,
            interruption: interruption
        ) { problem in
            tally.add(problem)
            print(json ? problem.json : problem.line)
        }
        let outcome = try checker.check(after: last) { (name) throws(Failure) in try save(name) }
        if outcome == .done {
            do {
                if let report = try opened.openUploadsReport(store.id) { print(json ? report.json : report.line) }
            } catch {
                return .unavailable(error)
            }
            try save(nil)
        }
        return outcome
    }

    private func skip(_ store: StoreRecord, _ error: BlobStoreError, _ unavailable: UnavailableStores) {
        if json { print(#"{"store":\#(store.id),"unavailable":\#(JSON.quoted(error.description))}"#) }
        unavailable.add(store.id, store.url, error, "Its blobs were not checked.")
    }

    /// The problems so far.
    private final class Tally {
        private(set) var open = 0
        private(set) var repaired = 0

        func add(_ problem: Problem) {
            if problem.isRepaired { repaired += 1 } else { open += 1 }
        }

        func add(_ problem: AccessProblem) { open += 1 }
    }

    private func options(_ configuration: Configuration) -> Checker.Options {
        Checker.Options(
            configuration: configuration, readsBytes: digest, repairs: repair, minimumAge: age, threads: threads,
            rate: RateLimit(rate))
    }

    /// From the totals of the accounts, so that nobody waits for a count.
    private func total(_ owner: OwnerConnection) throws(Failure) -> Amount {
        try owner.call(
            "select coalesce(sum(file_count), 0) as files, coalesce(sum(used_bytes), 0) as bytes from internal.users"
        ).readOne { try $0.amount(files: "files", bytes: "bytes") }
    }

    private func stop() throws {
        let way = resume.map { "continue with --resume \($0)" } ?? "use --resume FILE to be able to continue"
        StandardError.write(line: "coffer: interrupted; \(way)")
        throw ExitCode(130)
    }

    private func conclude(_ done: Amount, _ open: Int, _ repaired: Int, _ unavailable: UnavailableStores) throws {
        if json {
            let totals = #""files":\#(done.files),"bytes":\#(done.bytes),"problems":\#(open),"repaired":\#(repaired)"#
            print(#"{\#(totals),"stores_unavailable":\#(unavailable.count)}"#)
        } else {
            let skipped = unavailable.count > 0 ? ", \(unavailable.count) stores not checked" : ""
            print("\(done.files) files are correct, \(open) problems, \(repaired) repaired\(skipped)")
        }
        if open > 0 { throw ExitCode.failure }
        try unavailable.conclude()
    }
}
