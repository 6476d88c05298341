// 3. An upload: receive, compare, commit, answer. `PendingUpload` undoes an upload that stops in between.

internal import BlobStore
internal import CofferCore
internal import Gateway
internal import Storage
internal import Text

struct StoreFile {
    let configuration: Configuration
    let database: Database
    let storage: StoreCache
    let logger: Logger

    /// `POST /rpc/store_file`.
    func store(_ request: Request, from caller: Caller) throws(Failure) -> Response {
        let user = UploadUser(caller: caller, request: request, database: database)
        let upload = try Upload(request)
        let limit = UploadLimit(bytes: configuration.maximumUploadBytes)
        try limit.check(upload.announced)
        try CurrentStore(database: database, storage: storage).recognise(logger)
        if try request.isUploadQuestion {
            // The web server will receive the body itself, and asks whether it may.
            try user.check(upload)
            return Response(204, [.noStore])
        }
        let source = try request.uploadSource(upload, user, limit: limit)
        let (id, sha256) = try logger.reporting { try store(upload, from: source, limit, user) }
        return Response(
            200,
            [
                .contentType(MediaType.json), HeaderField("ETag", "\"\(hexadecimal(sha256))\""),
                HeaderField("Repr-Digest", DigestField.sha256(sha256)), .noStore,
            ] + (try accepted(request)), .text(JSON.quoted(id)))
    }

    /// What the clients of ownCloud and Nextcloud expect if they sent a time.
    private func accepted(_ request: Request) throws(Failure) -> [HeaderField] {
        try request.single(.ocModified) == nil ? [] : [HeaderField("X-OC-Mtime", "accepted")]
    }

    private func store(
        _ upload: Upload, from source: UploadSource, _ limit: UploadLimit, _ user: UploadUser
    ) throws -> (id: String, sha256: [UInt8]) {
        var pending = PendingUpload(upload.file, from: source, into: storage, user)
        let content = try pending.receive()
        try limit.check(content.size)
        try compare(content, with: upload)
        return (try pending.commit(), content.sha256)
    }

    private func compare(_ content: BlobContent, with upload: Upload) throws(Failure) {
        if let announced = upload.announced, announced != content.size {
            throw Failure(GatewayError.truncatedBody(received: Int(content.size), announced: Int(announced)))
        }
        for digest in upload.digests where digest != content.sha256 {
            throw Failure(.digestMismatch, details: "The body's digest is \(DigestField.sha256(content.sha256))")
        }
    }
}
