// coffer gc

internal import ArgumentParser
internal import BlobStore
internal import CofferCore
internal import CofferProcess
internal import Postgres

struct CollectGarbage: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "gc",
        abstract: "Remove the bytes of deleted, replaced and interrupted uploads, and what has expired.",
        discussion: "Safe at any time, beside workers and beside another gc. Run it from cron or a timer.")

    @Option(help: "Seconds for which bytes stay for readers that have begun (COFFER_GRACE_SECONDS).")
    var grace: String?

    func run() throws {
        let configuration = try loadConfiguration(arguments: ["COFFER_GRACE_SECONDS": grace])
        let collector: Collector
        do {
            collector = Collector(
                store: try openStorage(configuration, patience: .seconds(60)),
                owner: try OwnerConnection(configuration),
                graceSeconds: configuration.graceSeconds)
        } catch let error as BlobStoreError {
            throw Failure("The storage: \(error)")
        }
        defer { print(collector.report) }
        try collector.collect()
        try collector.sweep()
        try collector.forgetExpired()
    }
}

/// Removes what nobody needs any more, and counts.
final class Collector {
    private let store: any BlobStore
    private let owner: OwnerConnection
    private let graceSeconds: Int
    private var removed = 0
    private var swept = 0
    private var expiredSessions: Int64 = 0

    var report: String {
        "removed \(removed) blobs, \(swept) abandoned stages and \(expiredSessions) expired sessions"
    }

    init(store: any BlobStore, owner: OwnerConnection, graceSeconds: Int) {
        (self.store, self.owner, self.graceSeconds) = (store, owner, graceSeconds)
    }

    /// Removes discarded blobs, batch by batch, until none is left.
    func collect() throws(Failure) {
        while try collectBatch() == Self.batch {}
    }

    /// Removes what crashed uploads left in the staging folder.
    func sweep() throws(Failure) {
        do {
            swept = try store.sweepAbandonedStages()
        } catch {
            throw Failure("The storage: \(error)")
        }
    }

    /// Removes expired sessions, and login failures that count no more.
    func forgetExpired() throws(Failure) {
        expiredSessions = try owner.call("select sessions from internal.forget_expired()").integer(0, 0) ?? 0
    }

    private static let batch = 500

    /// The rows stay locked from taking to forgetting, so neither an upload that commits late nor another gc can have
    /// the same blob meanwhile. A crash in between leaves rows whose blobs are gone; the next run finds that harmless.
    ///
    /// - Returns: how many rows there were. Those whose blob was removed are forgotten even when a later one fails.
    private func collectBatch() throws(Failure) -> Int {
        var failure: Failure?
        let count = try owner.transaction { (transaction) throws(Failure) in
            let rows = try transaction.call(
                "select internal.take_discarded(make_interval(secs => $1), $2)",
                [.integer(Int64(graceSeconds)), .integer(Int64(Self.batch))])
            let names = (0..<rows.count).compactMap { rows.text($0, 0) }
            var gone: [String] = []
            do {
                for name in names {
                    if let blob = BlobName(name) { try store.remove(blob) }
                    gone.append(name)
                }
            } catch {
                failure = Failure("The storage: \(error)")
            }
            try transaction.call(
                "select internal.forget_discarded($1::text[])", [.text("{" + gone.joined(separator: ",") + "}")])
            removed += gone.count
            return names.count
        }
        if let failure { throw failure }
        return count
    }
}
