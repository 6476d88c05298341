// The figures of an installation: what `/metrics` and `coffer stats` show.

public import BlobStore
internal import CofferCore
internal import POSIX
public import Postgres

/// What the database knows.
public struct DatabaseFigures: Sendable {
    let users, sessions, files, fileBytes, trashBytes, discardedBlobs, resumableUploads, listedUploads: Int64
    let loginFailures: Int64
    /// In seconds since 1970. nil for what has never succeeded.
    let gc, check, backup: Int64?

    public static let statement = Statement(
        name: "metrics",
        sql: """
            select users, sessions, files, file_bytes, trash_bytes, discarded_blobs, resumable_uploads, listed_uploads,
                login_failures, gc_succeeded_at, check_succeeded_at, backup_succeeded_at
            from internal.metrics()
            """)

    /// - Parameter row: the row of `statement`.
    public init(_ row: Row) throws(PostgresError) {
        users = try row.integer("users")
        sessions = try row.integer("sessions")
        files = try row.integer("files")
        fileBytes = try row.integer("file_bytes")
        trashBytes = try row.integer("trash_bytes")
        discardedBlobs = try row.integer("discarded_blobs")
        resumableUploads = try row.integer("resumable_uploads")
        listedUploads = try row.integer("listed_uploads")
        loginFailures = try row.integer("login_failures")
        gc = try row.optionalInteger("gc_succeeded_at")
        check = try row.optionalInteger("check_succeeded_at")
        backup = try row.optionalInteger("backup_succeeded_at")
    }
}

/// What a store says of itself.
public struct StorageFigures: Sendable {
    /// In bytes. nil for a bucket, which has no limit that we know.
    let freeBytes: Int64?

    /// Tests the store. A directory is written to. Of a bucket only the mark is read, as each write to one has a price,
    /// and this runs every few seconds.
    ///
    /// - Throws: `BlobStoreError` if the store cannot be used.
    public init(testing store: any BlobStore) throws(BlobStoreError) {
        if let owned = store as? any OwnedBlobStore {
            try store.probe()
            freeBytes = (try? FileSystem.freeSpace(owned.directory)).map { Int64(clamping: $0) }
        } else {
            _ = try store.mark()
            freeBytes = nil
        }
    }
}

extension [Metric] {
    /// The figures of everything but the pool.
    ///
    /// - Parameters:
    ///   - database: nil if it is unavailable.
    ///   - storage: the store that uploads go to. nil if it is unavailable.
    public static func figures(_ database: DatabaseFigures?, _ storage: StorageFigures?) -> [Metric] {
        [
            Metric(
                "coffer_build_info", .gauge, "The version of Coffer, as a label of the constant 1.",
                [.init(.number(1), [.init("version", version)])]),
            .gauge(
                "coffer_database_up", "Whether the database answers.",
                database == nil ? 0 : 1),
            .gauge(
                "coffer_storage_up", "Whether the store that uploads go to can be used.", storage == nil ? 0 : 1),
            .gauge(
                "coffer_storage_free_bytes", "Free bytes on the file system of the store. Absent for a bucket.",
                storage?.freeBytes),
        ] + (database.map(figures) ?? [])
    }

    private static func figures(_ database: DatabaseFigures) -> [Metric] {
        [
            .gauge("coffer_users", "Accounts, disabled ones included.", database.users),
            .gauge("coffer_sessions", "Sessions that have not expired.", database.sessions),
            .gauge("coffer_files", "Files of all users, without the trash.", database.files),
            Metric(
                "coffer_stored_bytes", .gauge, "Bytes of all users' files, and of their trash.",
                [
                    .init(.number(database.fileBytes), [.init("kind", "files")]),
                    .init(.number(database.trashBytes), [.init("kind", "trash")]),
                ]),
            .gauge(
                "coffer_discarded_blobs", "Blobs that neither a file nor the trash needs, to be removed by gc.",
                database.discardedBlobs),
            Metric(
                "coffer_uploads_in_progress", .gauge,
                "Uploads that have begun and are not files yet. Interrupted ones stay until gc removes them.",
                [
                    .init(.number(database.resumableUploads), [.init("kind", "resumable")]),
                    .init(.number(database.listedUploads), [.init("kind", "single")]),
                ]),
            .gauge("coffer_login_failures", "Failed logins of the last 15 minutes.", database.loginFailures),
            .gauge(
                "coffer_gc_last_success_timestamp_seconds", "When garbage was last collected.", database.gc),
            .gauge(
                "coffer_check_last_success_timestamp_seconds", "When coffer check last found no problem.",
                database.check),
            .gauge(
                "coffer_backup_last_success_timestamp_seconds", "When coffer backup last succeeded.",
                database.backup),
        ]
    }

    /// The figures of a pool.
    public static func pool(_ counters: PoolCounters) -> [Metric] {
        let requests = counters.requests
        func samples(_ value: (PoolCounters.Requests) -> Metric.Value) -> [Metric.Sample] {
            requests.map { each in
                .init(
                    value(each),
                    [.init("route", each.route?.path ?? "other"), .init("status", "\(each.statusClass)xx")])
            }
        }
        return [
            .gauge("coffer_pool_workers", "Workers that are running.", Int64(clamping: counters.workers)),
            Metric(
                "coffer_pool_restarts_total", .counter, "Workers that ended unexpectedly and were replaced.",
                [.init(.number(Int64(clamping: counters.restarts)))]),
            Metric(
                "coffer_requests_total", .counter, "Answered requests, by route and class of status.",
                samples { .number(Int64(clamping: $0.count)) }),
            Metric(
                "coffer_request_seconds_total", .counter, "Time that workers spent on requests.",
                samples { .seconds(microseconds: $0.microseconds) }),
        ]
    }
}
