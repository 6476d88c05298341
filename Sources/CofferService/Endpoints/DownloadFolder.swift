// 3. A folder, or a selection of files and folders, as a ZIP archive. The worker always sends the bytes itself.

internal import Archive
internal import BlobStore
internal import CofferCore
internal import POSIX
internal import Postgres
internal import Storage

struct DownloadFolder {
    private let configuration: Configuration
    private let database: Database
    private let storage: StoreCache
    private let logger: Logger
    private let slots: PoolSlots

    init(configuration: Configuration, database: Database, storage: StoreCache, logger: Logger) {
        (self.configuration, self.database, self.storage, self.logger) = (configuration, database, storage, logger)
        slots = PoolSlots("archives", configuration)
    }

    private static let columns = "select file_path, size_bytes, blob, store_url, modified_at"
    private static let statement = Statement(sql: "\(columns) from api.download_folder($1::text[], $2::boolean)")
    /// Also writes each file to the audit log.
    private static let audited = Statement(sql: "\(columns) from api.download_folder_audited($1::text[], $2::boolean)")

    /// `GET` and `HEAD /rpc/download_folder`.
    func download(_ request: Request, from caller: Caller) throws(Failure) -> Response {
        let selection = try ArchiveSelection(try request.parameters())
        let isHead = request.method == .head
        // Before the list is made, which takes long for a large folder.
        let slot: PoolSlot? = isHead ? nil : try slots.take()
        let body = ArchiveBody(try list(selection, caller, request), storage, slot)
        if !isHead { try logger.reporting { try body.probe() } }
        return Response(200, Self.fields(selection), .generated(body))
    }

    private func list(_ selection: ArchiveSelection, _ caller: Caller, _ request: Request) throws(Failure)
        -> ArchiveList
    {
        let isAudited = configuration.auditsDownloads && request.method == .get
        let query = Query(
            isAudited ? Self.audited : Self.statement,
            [.array(selection.paths), .text(selection.isSelection ? "true" : "false")])
        let list = try logger.reporting { try mapError(to: BlobStoreError.self) { try ArchiveList() } }
        let identity = isAudited ? caller.identity : caller.reading
        try database.forEachRow(of: query, as: identity, for: request, isChange: isAudited) { row in
            guard let path = try row.optionalText("file_path") else {
                throw Failure(selection.isSelection ? .fileNotFound : .folderNotFound)
            }
            guard let name = selection.name(of: path) else { return }
            let (entry, source) = try Self.entry(name, row)
            try mapError(to: BlobStoreError.self) { try list.append(entry, source) }
        }
        return list
    }

    /// The row of a folder has neither a size nor a blob.
    private static func entry(_ name: String, _ row: Row) throws(PostgresError) -> (ZIPEntry, ArchiveList.Source?) {
        let modified = try row.integer("modified_at")
        guard let blob = try row.optionalValue("blob", { BlobName($0) }) else {
            return (ZIPEntry(name: name, size: 0, modified: modified), nil)
        }
        let entry = ZIPEntry(name: name, size: try row.integer("size_bytes"), modified: modified)
        return (entry, ArchiveList.Source(blob: blob, storeURL: try row.optionalText("store_url")))
    }

    private static func fields(_ selection: ArchiveSelection) -> [HeaderField] {
        let name = selection.title + ".zip"
        return [
            HeaderField("Content-Type", MediaType.zip),
            HeaderField(
                "Content-Disposition", ContentDisposition.field(path: name, mediaType: MediaType.zip, inline: false)),
            // Another archive can differ in every byte, so no part of it can be requested.
            HeaderField("Accept-Ranges", "none"), .noStore,
            HeaderField("X-Content-Type-Options", "nosniff"),
            HeaderField("Content-Security-Policy", "sandbox; default-src 'none'"),
        ]
    }
}
