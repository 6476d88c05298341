// coffer gc

internal import ArgumentParser
internal import BlobStore
internal import CofferCore
internal import Storage

struct CollectGarbage: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "gc",
        abstract: "Remove garbage: what has expired in the trash, bytes of no file, interrupted uploads, old sessions.",
        discussion: """
            It is safe at any time, also while workers or another gc run. During a backup it removes no blobs. Run it \
            from cron or a timer, or leave it to the workers (COFFER_WORKER_GC). It also reports the uploads that are \
            open in a bucket. An unreachable store is reported and skipped; the exit status is then 1.
            """)

    @Option(help: "How many seconds to keep bytes for downloads in progress (COFFER_GRACE_SECONDS).")
    var grace: String?
    @Flag(help: "Only count what would be removed, without interrupted uploads.") var dryRun = false
    @Flag(help: "Print one JSON object per line: the uploads open in each bucket, then the totals.") var json = false

    func validate() throws {
        if dryRun && json { throw ValidationError("--json cannot be used with --dry-run.") }
    }

    func run() throws {
        let configuration = try loadConfiguration(arguments: ["COFFER_GRACE_SECONDS": grace])
        let owner = try OwnerConnection(configuration)
        let records = try StoreRecord.all(owner, configuredURL: configuration.storageURL)
        let garbage = OwnerGarbage(owner, records, graceSeconds: configuration.graceSeconds) { () throws(Failure) in
            try OwnerConnection(configuration).waitForDisk()
        }
        if dryRun {
            let due = try garbage.forecast()
            return print(
                "would remove \(due.blobs) blobs, \(due.trash) files and versions from the trash and "
                    + "\(due.sessions) expired sessions")
        }
        let unavailable = UnavailableStores()
        let marks = records.compactMap { record in record.mark.map { (record.url, $0) } }
        let collector = GarbageCollector(
            StoreCache(configuration, for: .operator), garbage, marks: Dictionary(marks) { first, _ in first }
        ) { (url, error) in
            for record in records where record.url == url {
                unavailable.add(record.id, url, error, "Its garbage stays listed for the next run.")
            }
        }
        var report = Report(isHeld: false)
        defer { print(json ? report.json(collector) : report.text(collector)) }
        report.expiredTrash = try garbage.expireTrash()
        // A batch that is not full is the last one. During a backup, batches are empty.
        while let count = try collector.collectBatch(), count >= OwnerGarbage.batch {}
        report.isHeld = garbage.isHeld
        for record in records {
            try collector.sweep(record.url) { store in
                if let uploads = try store.openUploadsReport(record.id) { report.openUploads.append(uploads) }
            }
        }
        report.expiredSessions = try garbage.forgetExpired()
        try unavailable.conclude()
        if !report.isHeld { try owner.recordRun(.gc) }
    }

    /// The results that the collector does not count.
    private struct Report {
        var isHeld: Bool
        var openUploads: [OpenUploadsReport] = []
        var expiredTrash: Int64 = 0
        var expiredSessions: Int64 = 0

        func text(_ collector: GarbageCollector) -> String {
            let removed =
                "removed \(collector.blobs) blobs, \(expiredTrash) files and versions from the trash, "
                + "\(collector.stages) abandoned stages and \(expiredSessions) expired sessions"
            let held = isHeld ? "; a backup is running, so no blobs were removed" : ""
            return ([removed + held] + openUploads.map(\.line)).joined(separator: "\n")
        }

        func json(_ collector: GarbageCollector) -> String {
            let counts =
                #""blobs":\#(collector.blobs),"expired_trash":\#(expiredTrash),"stages":\#(collector.stages),"#
                + #""expired_sessions":\#(expiredSessions)"#
            let state = #""stores_unavailable":\#(collector.unavailable.count),"backup_is_being_made":\#(isHeld)"#
            return (openUploads.map(\.json) + ["{\(counts),\(state)}"]).joined(separator: "\n")
        }
    }
}
