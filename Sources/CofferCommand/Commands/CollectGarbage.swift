// coffer gc

internal import ArgumentParser
internal import BlobStore
internal import CofferCore
internal import Postgres
internal import Storage
internal import System

struct CollectGarbage: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "gc",
        abstract: "Remove garbage: bytes of deleted and replaced files, interrupted uploads, expired sessions.",
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
        let collector = try Collector(
            configuration, owner: try OwnerConnection(configuration))
        if dryRun { return print(try collector.forecast()) }
        defer { print(json ? collector.json : collector.report) }
        try collector.collect()
        try collector.sweep()
        try collector.forgetExpired()
        try collector.away.conclude()
    }
}

/// Removes what nobody needs any more, and counts.
final class Collector {
    private let owner: OwnerConnection
    private let stores: StoreCache
    /// What the database knows of the stores.
    private let records: [StoreRecord]
    /// Those that were found to carry their marks.
    private var recognised: Set<Int64> = []
    private let configuredURL: String
    private let graceSeconds: Int
    private var removed = 0
    private var swept = 0
    private var expiredSessions: Int64 = 0
    private var isHeld = false
    private var openUploads: [OpenUploadsReport] = []
    let away = AwayStores()

    var report: String {
        let report = "removed \(removed) blobs, \(swept) abandoned stages and \(expiredSessions) expired sessions"
        let held = isHeld ? "; a backup is running, so no blobs were removed" : ""
        return ([report + held] + openUploads.map(\.line)).joined(separator: "\n")
    }

    var json: String {
        let counts = #""blobs":\#(removed),"stages":\#(swept),"expired_sessions":\#(expiredSessions)"#
        let totals = #"{\#(counts),"stores_away":\#(away.count),"backup_is_being_made":\#(isHeld)}"#
        return (openUploads.map(\.json) + [totals]).joined(separator: "\n")
    }

    init(_ configuration: Configuration, owner: OwnerConnection) throws(Failure) {
        (self.owner, configuredURL) = (owner, configuration.storageURL)
        graceSeconds = configuration.graceSeconds
        stores = StoreCache(configuration, for: .operator)
        records = try StoreRecord.all(owner, configuredURL: configuredURL)
    }

    /// What a run would remove now.
    func forecast() throws(Failure) -> String {
        let rows = try owner.call(
            """
            select (select count(*) from internal.discarded_blobs d
                    where internal.is_due(d.reason, d.discarded_at, make_interval(secs => $1))
                        and not exists (select from internal.files f where f.blob = d.blob and f.store = d.store)),
                (select count(*) from internal.sessions s
                    where s.expires_at < now() - internal.longest_upload())
            """, [.integer(Int64(graceSeconds))])
        return "would remove \(rows.text(0, 0) ?? "0") blobs and \(rows.text(0, 1) ?? "0") expired sessions"
    }

    /// Removes discarded blobs, batch by batch, until none is left or a backup begins.
    func collect() throws(Failure) {
        while try collectBatch() == Self.batch {}
    }

    /// Removes what crashed uploads left in the stores.
    func sweep() throws(Failure) {
        let rows = try owner.call("select id, url from internal.stores order by id")
        for row in 0..<rows.count {
            let (id, url) = (rows.integer(row, 0) ?? 0, rows.text(row, 1) ?? configuredURL)
            if away.contains(id) { continue }
            do {
                let store = try store(id, url)
                swept += try store.sweepAbandonedStages()
                if let report = try store.openUploadsReport(id) { openUploads.append(report) }
                if let store = store as? any NotingBlobStore { try listLeftovers(of: store, url) }
            } catch let error as BlobStoreError {
                leaveOut(id, url, error)
            } catch {
                throw error as? Failure ?? Failure("\(error)")
            }
        }
    }

    /// Makes leftovers of what the store has noted and nobody works on; a note goes when the list is on the disk.
    private func listLeftovers(of store: any NotingBlobStore, _ url: String) throws {
        let notes = try store.abandonedNotes(olderThan: nil)
        if notes.isEmpty { return }
        let isListed = try owner.call(
            "select internal.list_orphans($1, $2::text[])", [.text(url), .array(notes)])
        if isListed.boolean(0, 0) == true { try store.removeNotes(of: notes) }
    }

    /// Removes expired sessions, and login failures that count no more.
    func forgetExpired() throws(Failure) {
        expiredSessions = try owner.call("select sessions from internal.forget_expired()").integer(0, 0) ?? 0
    }

    private static let batch = 500

    /// The rows stay locked from taking to forgetting, so neither an upload that commits late nor another gc can have
    /// the same blob meanwhile. A crash in between leaves rows whose blobs are gone; the next run finds that harmless.
    ///
    /// - Returns: how many rows there were. Those whose blob was removed are forgotten even when a later one fails; the
    ///   rest of that store stays on the list, and is not taken again.
    private func collectBatch() throws(Failure) -> Int {
        try owner.transaction { (transaction) throws(Failure) in
            isHeld = try transaction.call("select internal.may_collect()").boolean(0, 0) != true
            let rows = try transaction.call(
                "select store, url, blob from internal.take_discarded(make_interval(secs => $1), $2, $3::smallint[])",
                [.integer(Int64(graceSeconds)), .integer(Int64(Self.batch)), .array(away.ids)])
            for group in Self.groups(rows) where !away.contains(group.store) { try remove(group, in: transaction) }
            return rows.count
        }
    }

    private struct Group {
        let store: Int64
        let url: String?
        var names: [BlobName]
    }

    /// So many names of one store as stores remove at once, S3 by one request.
    private static func groups(_ rows: Rows) -> [Group] {
        var groups: [Int64: Group] = [:]
        for row in 0..<rows.count {
            guard let store = rows.integer(row, 0), let name = rows.text(row, 2).flatMap({ BlobName($0) }) else {
                continue
            }
            groups[store, default: Group(store: store, url: rows.text(row, 1), names: [])].names.append(name)
        }
        return groups.values.flatMap { group in
            stride(from: 0, to: group.names.count, by: 50).map { begin in
                Group(
                    store: group.store, url: group.url,
                    names: Array(group.names[begin..<min(begin + 50, group.names.count)]))
            }
        }
    }

    private func remove(_ group: Group, in transaction: OwnerConnection.Transaction) throws(Failure) {
        let url = group.url ?? configuredURL
        do {
            try store(group.store, url).remove(group.names)
        } catch {
            return leaveOut(group.store, url, error)
        }
        try transaction.call(
            "select internal.forget_discarded($1::smallint, $2::text[])",
            [.integer(group.store), .array(group.names)])
        removed += group.names.count
    }

    /// Another place has none of the blobs, and to find none of them there must not strike them from the list.
    private func store(_ id: Int64, _ url: String) throws(BlobStoreError) -> any BlobStore {
        let store = try stores.store(url)
        if !recognised.contains(id) {
            try store.requireMark(records.first { $0.id == id }?.mark)
            recognised.insert(id)
        }
        return store
    }

    private func leaveOut(_ store: Int64, _ url: String, _ error: BlobStoreError) {
        away.add(store, url, error, "Its garbage stays listed for the next run.")
    }
}
