// A resumable upload as the database knows it. All SQL statements of resumable uploads are in this file, except the
// commit, which is that of every upload (NewFile.swift).

public import BlobStore
internal import CofferCore
public import Postgres

public struct UnfinishedUpload {
    public let id: String
    /// Whether another request is at work, and has been asked to end.
    public let isBusy: Bool
    /// The number of the request that may write.
    public let lease: Int64
    public let file: NewFile
    /// In bytes.
    public let length: Int64
    public let blob: BlobName
    /// The URL of the store. nil for the configured store.
    public let storeURL: String?
    public let progress: BlobProgress
    /// The client's `Upload-Metadata`.
    public let metadata: String
    /// In seconds since 1970.
    public let expires: Int64

    public init(id: String, _ row: Row) throws {
        self.id = id
        isBusy = try row.boolean("is_busy")
        lease = try row.integer("lease")
        length = try row.integer("length")
        let path = try FilePath(try row.text("file_path"))
        file = NewFile(
            path, contentType: ContentType(named: try row.text("content_type"), path: path), size: length,
            description: try row.optionalText("description").map { .text($0) } ?? .null,
            modified: try row.optionalInteger("modified"),
            ifMatch: try row.optionalText("if_match").map { .text($0) } ?? .null,
            ifNoneMatch: .text(try row.boolean("if_none_match") ? "true" : "false"))
        blob = try row.value("blob") { BlobName($0) }
        storeURL = try row.optionalText("store_url")
        let digest = try row.bytes("digest_state")
        progress = BlobProgress(
            size: try row.integer("offset_bytes"), digest: digest.isEmpty ? nil : digest,
            store: try row.optionalText("store_state"))
        metadata = try row.text("metadata")
        expires = try row.integer("expires_at")
    }

    private static let create = Statement(
        name: "create_upload",
        sql: """
            select api.create_upload($1, $2, $3, $4, $5, $6, $7::bigint, $8, $9::boolean, $10::bigint)::text as id
            """)
    private static let take = Statement(
        name: "take_upload",
        sql: """
            select is_busy, lease, file_path, description, content_type, metadata, length, offset_bytes, blob,
                store_url, coalesce(digest_state, '') as digest_state, store_state, if_match,
                if_none_match, expires_at, modified
            from api.take_upload($1::text::uuid, $2::bigint, $3::boolean, $4::boolean)
            """)
    private static let hold = Statement(
        name: "hold_upload", sql: "select api.hold_upload($1::text::uuid, $2::bigint)")
    private static let record = Statement(
        name: "record_upload",
        sql: """
            select api.record_upload($1::text::uuid, $2::bigint, $3::bigint, $4::bytea, $5, $6::bigint, $7::boolean)
                as expires_at
            """)
    private static let release = Statement(
        name: "release_upload", sql: "select api.release_upload($1::text::uuid, $2::bigint)")
    private static let isWanted = Statement(
        name: "upload_is_wanted", sql: "select api.upload_is_wanted($1::text::uuid, $2::bigint) as is_wanted")
    private static let end = Statement(name: "end_upload", sql: "select api.end_upload($1::text::uuid)")

    /// Creates an upload, and returns its id.
    ///
    /// - Parameter lifetime: for how long it stays without a request, in seconds.
    public static func create(
        _ name: BlobName, _ file: NewFile, modified: String?, metadata: String, lifetime: Int64
    ) -> Query {
        Query(
            create,
            [
                .text(name.description), .text(file.path.text), file.description, .text(file.contentType.type),
                modified.map { .text($0) } ?? .null, .text(metadata), file.size.map { .integer($0) } ?? .null,
                file.ifMatch, file.ifNoneMatch, .integer(lifetime),
            ])
    }

    /// Takes the lease of an upload, and returns the upload.
    ///
    /// - Parameters:
    ///   - offset: the offset that the upload must have. nil for any.
    ///   - hold: whether the caller is going to write.
    ///   - force: false to ask a request that is at work to end, and to take nothing.
    public static func take(_ id: String, at offset: Int64?, hold: Bool, force: Bool) -> Query {
        Query(take, [.text(id), offset.map { .integer($0) } ?? .null, .boolean(hold), .boolean(force)])
    }

    /// Ends an upload. The garbage collector removes what there is of it.
    public static func end(_ id: String) -> Query { Query(end, [.text(id)]) }

    /// Locks the upload until the transaction ends. Fails if another request has the lease.
    public var hold: Query { Query(Self.hold, [.text(id), .integer(lease)]) }

    /// Records what is durable, and returns when the upload expires. Fails if another request has the lease.
    public func record(_ progress: BlobProgress, lifetime: Int64, hold: Bool) -> Query {
        Query(
            Self.record,
            [
                .text(id), .integer(lease), .integer(progress.size), progress.digest.map { .bytes($0) } ?? .null,
                progress.store.map { .text($0) } ?? .null, .integer(lifetime), .boolean(hold),
            ])
    }

    /// Says that the caller writes no longer.
    public var release: Query { Query(Self.release, [.text(id), .integer(lease)]) }

    /// Returns whether the caller must end.
    public var isWanted: Query { Query(Self.isWanted, [.text(id), .integer(lease)]) }
}

extension Parameter {
    fileprivate static func boolean(_ value: Bool) -> Parameter { .text(value ? "true" : "false") }
}
