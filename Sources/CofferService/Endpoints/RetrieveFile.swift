// 3. A download. The worker decides what is sent; the web server sends the bytes, or the worker if it cannot.

internal import BlobStore
internal import CofferCore
internal import Postgres
internal import Storage

struct RetrieveFile {
    let configuration: Configuration
    let database: Database
    let storage: StoreCache
    let logger: Logger

    private static let columns =
        "select file_path, content_type, size_bytes, sha256, blob, modified_at, store_url, is_unchanged"
    /// Looks up the session, too: one plan instead of two takes a fifth less of the database's time.
    private static let statement = Statement(
        name: "retrieve_file", sql: "\(columns) from api.retrieve_file_in_session($1)")
    /// Also writes to the audit log who asked.
    private static let audited = Statement(
        name: "retrieve_file_audited", sql: "\(columns) from api.retrieve_file_audited($1)")
    private static let version = Statement(
        name: "retrieve_version", sql: "\(columns) from api.retrieve_version($1::text::uuid)")
    private static let auditedVersion = Statement(
        name: "retrieve_version_audited", sql: "\(columns) from api.retrieve_version_audited($1::text::uuid)")

    /// `GET` and `HEAD /rpc/retrieve_file`.
    func retrieve(_ request: Request, from caller: Caller) throws(Failure) -> Response {
        let parameters = try request.parameters()
        let found =
            if let version = parameters["p_version"] {
                try self.version(version, isAlone: parameters["p_file_path"] == nil, caller, request)
            } else if let text = parameters["p_file_path"] {
                try file(FilePath(text), caller, request)
            } else {
                throw Failure(.invalidArgument, "The argument 'p_file_path' or 'p_version' is required")
            }
        guard let file = found else { throw Failure(.fileNotFound) }
        return try answer(request, file, inline: parameters["p_disposition"]?.lowercased() == "inline")
    }

    /// What the trash has under this id.
    private func version(
        _ id: String, isAlone: Bool, _ caller: Caller, _ request: Request
    ) throws(Failure) -> StoredFile? {
        guard isAlone, isUUID(id.lowercased()) else {
            throw Failure(.invalidArgument, "The argument 'p_version' must be a UUID, and without 'p_file_path'")
        }
        let read = { (rows: Rows) throws in try rows.first.map { try StoredFile($0) } }
        if isAudited(request) {
            return try database.change(
                Query(Self.auditedVersion, [.text(id)]), as: caller.identity, for: request, read: read)
        }
        return try database.run(Query(Self.version, [.text(id)]), as: caller.reading, for: request, read: read)
    }

    private func isAudited(_ request: Request) -> Bool { configuration.auditsDownloads && request.method == .get }

    private func file(_ path: FilePath, _ caller: Caller, _ request: Request) throws(Failure) -> StoredFile? {
        let parameters = [Parameter.text(path.text)]
        if isAudited(request) {
            return try database.change(Query(Self.audited, parameters), as: caller.identity, for: request) { rows in
                try rows.first.map { try StoredFile($0) }
            }
        }
        return try database.run(Query(Self.statement, parameters), as: caller.unconfirmed, for: request) { rows in
            guard let row = rows.first else { throw Failure(.sessionEnded) }
            return try row.optionalText("file_path") == nil ? nil : try StoredFile(row)
        }
    }

    private func answer(_ request: Request, _ file: StoredFile, inline: Bool) throws(Failure) -> Response {
        let conditions = try request.conditions
        switch conditions.evaluate(tag: file.tag, modified: file.modified, isUnchanged: file.isUnchanged) {
        case .notModified: return Response(304, file.validators)
        case .preconditionFailed: throw Failure(.preconditionFailed)
        case .send: break
        }
        let range = try range(request, file, conditions)
        let fields = file.validators + file.contentFields(inline: inline)
        let length = request.method == .get ? range?.length ?? file.size : 0
        if let field = try localRedirect(request, file, range) {
            return Response(200, fields + [field], .sentByServer(length))
        }
        if let more = try remoteRedirect(request, file, range) {
            return Response(200, fields + more, .sentByServer(length))
        }
        return stream(file, range, try open(file), fields)
    }

    /// The requested part of the file. nil for the whole file. The worker decides this in any case, so that the result
    /// is the same for all web servers and stores.
    ///
    /// - Throws: `Failure` 416 for a range outside of the file.
    private func range(_ request: Request, _ file: StoredFile, _ conditions: ReadConditions) throws(Failure)
        -> ByteRange?
    {
        // Only a GET has ranges (RFC 9110 §14.2).
        guard request.method == .get, !conditions.dependsOnDate,
            ByteRange.isAllowed(ifRange: try request.ifRange, tag: file.tag)
        else { return nil }
        switch ByteRange.evaluate(try request.byteRange, size: file.size) {
        case .whole: return nil
        case .part(let part): return part
        case .notSatisfiable:
            throw Failure(
                .rangeNotSatisfiable, details: "The file has \(file.size) bytes",
                fields: [HeaderField("Content-Range", "bytes */\(file.size)")])
        }
    }

    private func open(_ file: StoredFile) throws(Failure) -> any BlobReader {
        try logger.reporting {
            let reader = try storage.stopwatch.measure { try storage.store(file.storeURL).open(file.blob) }
            if reader.size != file.size { throw BlobStoreError(.unavailable, "A blob has another size than its row.") }
            return reader
        }
    }

    private func stream(
        _ file: StoredFile, _ range: ByteRange?, _ reader: any BlobReader, _ fields: [HeaderField]
    ) -> Response {
        guard let range else { return Response(200, fields, .blob(reader, ByteRange(offset: 0, length: file.size))) }
        let last = range.offset + range.length - 1
        let field = HeaderField("Content-Range", "bytes \(range.offset)-\(last)/\(file.size)")
        return Response(206, fields + [field], .blob(reader, range))
    }
}
