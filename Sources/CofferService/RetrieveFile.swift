// 3. A download: one decision here, then the web server sends the bytes, or the worker where it cannot.

internal import BlobStore
internal import CofferCore
internal import Postgres

struct RetrieveFile {
    let configuration: Configuration
    let database: Database
    let authenticate: Authenticate
    let storage: Storage
    let journal: Journal

    private static let columns = "select file_path, content_type, size_bytes, sha256, blob, updated_at, store_url"
    private static let statement = Statement(name: "retrieve_file", sql: "\(columns) from api.retrieve_file($1)")
    /// The same, and the audit log tells who asked.
    private static let audited = Statement(
        name: "retrieve_file_audited", sql: "\(columns) from api.retrieve_file_audited($1)")

    /// `GET` and `HEAD /rpc/retrieve_file`.
    func retrieve(_ request: Request) throws(Failure) -> Response {
        let caller = try authenticate.caller(request)
        let parameters = try request.parameters()
        guard let text = parameters["p_file_path"] else {
            throw Failure(.invalidArgument, "The argument 'p_file_path' is required")
        }
        let path = try FilePath(text)
        guard let file = StoredFile(try row(path, caller, request)) else { throw Failure(.fileNotFound) }
        return try answer(request, file, inline: parameters["p_disposition"] == "inline")
    }

    private func row(_ path: FilePath, _ caller: Caller, _ request: Request) throws(Failure) -> Rows {
        let isAudited = configuration.auditsDownloads && request.method == .get
        return try database.run(
            Query(isAudited ? Self.audited : Self.statement, [.text(path.text)]),
            as: isAudited ? caller.identity : caller.reading, for: request, isRepeatable: !isAudited)
    }

    private func answer(_ request: Request, _ file: StoredFile, inline: Bool) throws(Failure) -> Response {
        let conditions = ReadConditions(
            ifMatch: try request.text("HTTP_IF_MATCH"), ifUnmodifiedSince: try request.text("HTTP_IF_UNMODIFIED_SINCE"),
            ifNoneMatch: try request.text("HTTP_IF_NONE_MATCH"),
            ifModifiedSince: try request.text("HTTP_IF_MODIFIED_SINCE"))
        switch conditions.judge(tag: file.tag, modified: file.modified) {
        case .notModified: return Response(304, file.validators)
        case .preconditionFailed: throw Failure(.preconditionFailed)
        case .send: break
        }
        let range = try range(request, file)
        let fields = file.validators + file.contentFields(inline: inline)
        if let field = try redirect(request, file) { return Response(200, fields + [field], .sentByServer) }
        if let more = try fetch(request, file, range) { return Response(200, fields + more, .sentByServer) }
        return stream(file, range, try open(file), fields + [HeaderField("Accept-Ranges", "bytes")])
    }

    /// The part of the file that is asked for; nil for all of it. Judged here also where the web server sends, which
    /// would put the file's own headers on its refusal.
    ///
    /// - Throws: `Failure` 416.
    private func range(_ request: Request, _ file: StoredFile) throws(Failure) -> ByteRange? {
        // Only a GET has ranges (RFC 9110 §14.2).
        guard request.method == .get, let field = try request.text("HTTP_RANGE"),
            ByteRange.isAllowed(ifRange: try request.text("HTTP_IF_RANGE"), tag: file.tag, modified: file.modified)
        else { return nil }
        switch ByteRange.judge(field, size: file.size) {
        case .whole: return nil
        case .part(let part): return part
        case .notSatisfiable:
            throw Failure(
                .rangeNotSatisfiable, details: "The file has \(file.size) bytes",
                fields: [HeaderField("Content-Range", "bytes */\(file.size)")])
        }
    }

    /// The field that makes the web server send the blob; nil where it did not offer to, or where the store is not
    /// on this host.
    private func redirect(_ request: Request, _ file: StoredFile) throws(Failure) -> HeaderField? {
        guard let way = try request.text("COFFER_SENDFILE") else { return nil }
        // Web servers apply a range to a HEAD too, which RFC 9110 §14.2 forbids.
        if request.method == .head, try request.text("HTTP_RANGE") != nil { return nil }
        // The web server knows the folder of one local store; what lies in another is streamed.
        if let url = file.storeURL, url != storage.configured { return nil }
        let store = try storage.store(file.storeURL)
        let prefix = "x-accel-redirect:"
        if way.hasPrefix(prefix) {
            return store.path(of: file.blob).map {
                HeaderField("X-Accel-Redirect", way.dropFirst(prefix.count) + $0)
            }
        }
        return way == "x-sendfile" ? store.absolutePath(of: file.blob).map { HeaderField("X-Sendfile", $0) } : nil
    }

    /// The fields that make the web server fetch the blob from a remote store; nil where it did not offer to for this
    /// store. `COFFER_SENDFILE_REMOTE` is the location that it does so in and the store's origin. Which part it fetches
    /// is decided here, so that nothing of the client's request goes to the store.
    private func fetch(_ request: Request, _ file: StoredFile, _ range: ByteRange?) throws(Failure) -> [HeaderField]? {
        // The store's URL is for a GET; the head is all here.
        guard request.method == .get, let way = try request.text("COFFER_SENDFILE_REMOTE") else { return nil }
        let words = way.split(separator: " ")
        let server = try WebServer(request)
        let store = try storage.store(file.storeURL)
        do throws(BlobStoreError) {
            guard words.count == 2, let remote = try store.presignedTarget(of: file.blob) else { return nil }
            guard remote.origin == words[1] else {
                try noteStreaming(file, server, store)
                return nil
            }
            let redirect = HeaderField("X-Accel-Redirect", words[0] + remote.target)
            guard let range else { return [redirect] }
            let part = "bytes=\(range.offset)-\(range.offset + range.length - 1)"
            return [redirect, HeaderField("X-Coffer-Range", part)]
        } catch {
            journal.record(.storageFailed(error.description))
            throw Failure(error)
        }
    }

    /// Once for each worker, as it would be the same for every download.
    private func noteStreaming(_ file: StoredFile, _ server: WebServer, _ store: any BlobStore) throws(BlobStoreError) {
        let isConfigured = file.storeURL.map { $0 == storage.configured } ?? true
        guard isConfigured, !storage.isStreamingNoted, let difference = try server.difference(from: store) else {
            return
        }
        storage.isStreamingNoted = true
        journal.record(.webServerDiffers(difference))
    }

    private func open(_ file: StoredFile) throws(Failure) -> any BlobReader {
        let store = try storage.store(file.storeURL)
        do throws(BlobStoreError) {
            let reader = try store.open(file.blob)
            if reader.size != file.size { throw BlobStoreError(.unavailable, "A blob has another size than its row.") }
            return reader
        } catch {
            journal.record(.storageFailed(error.description))
            throw Failure(error)
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

/// The row of a file whose bytes may be sent.
private struct StoredFile {
    let path: String
    let mediaType: String
    let size: Int64
    /// The SHA-256 in hexadecimal, which is the entity tag too.
    let tag: String
    let blob: BlobName
    let modified: HTTPDate
    /// Where the blob is; nil for the store that the configuration names.
    let storeURL: String?

    /// nil where there is no such file.
    init?(_ rows: Rows) {
        guard rows.count == 1, let path = rows.text(0, 0), let mediaType = rows.text(0, 1),
            let size = rows.integer(0, 2), let tag = rows.text(0, 3),
            let blob = rows.text(0, 4).flatMap({ BlobName($0) }),
            let modified = rows.integer(0, 5)
        else { return nil }
        self.path = path
        self.mediaType = mediaType
        self.size = size
        self.tag = tag
        self.blob = blob
        self.modified = HTTPDate(seconds: modified)
        storeURL = rows.text(0, 6)
    }

    /// What a 304 carries as well (RFC 9110 §15.4.5).
    var validators: [HeaderField] {
        [
            HeaderField("ETag", "\"\(tag)\""), HeaderField("Last-Modified", "\(modified)"),
            HeaderField("Cache-Control", "private, no-cache"),
        ]
    }

    func contentFields(inline: Bool) -> [HeaderField] {
        [
            HeaderField("Content-Type", mediaType),
            HeaderField(
                "Content-Disposition", ContentDisposition.field(path: path, mediaType: mediaType, inline: inline)),
            HeaderField("Repr-Digest", DigestField.sha256(hexadecimal: tag)),
            HeaderField("X-Content-Type-Options", "nosniff"),
            HeaderField("Content-Security-Policy", "sandbox; default-src 'none'"),
        ]
    }
}
