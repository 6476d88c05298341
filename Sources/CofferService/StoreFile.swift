// 3. An upload: stage, hash, compare, publish, commit, answer. The blob is written down as a leftover before its
// first byte and struck off that list by the commit that makes it a file, so whatever stops us in between, gc knows.

internal import BlobStore
internal import CofferCore
internal import Gateway
internal import Postgres

struct StoreFile {
    let configuration: Configuration
    let database: Database
    let authenticate: Authenticate
    let storage: Storage
    let journal: Journal

    private static let check = Statement(
        name: "check_upload", sql: "select api.check_upload($1, $2::bigint, $3, $4::boolean)")
    private static let begin = Statement(
        name: "begin_upload", sql: "select api.begin_upload($1, $2, $3::bigint, $4, $5::boolean)")
    private static let commit = Statement(
        name: "store_file",
        sql: "select api.store_file($1, $2, $3, $4, $5::bigint, $6::bytea, $7, $8::boolean)")
    private static let abandon = Statement(name: "abandon_upload", sql: "select api.abandon_upload($1)")

    /// Bytes read from the body at a time.
    private static let chunk = 65_536
    /// In bytes: a body that is here already and is hashed sooner than the database answers.
    private static let short = 262_144

    /// `POST /rpc/store_file`.
    func store(_ request: Request) throws(Failure) -> Response {
        let caller = try authenticate.caller(request)
        let upload = try Upload(request)
        try refuse(upload.announced, limit: configuration.maximumUploadBytes)
        if try request.text("COFFER_UPLOAD_QUESTION") == "on" { return try admit(upload, from: caller, request) }
        let name = try generate()
        let begin = Query(
            Self.begin,
            [
                .text(name.description), .text(upload.path.text), upload.announced.map { .integer($0) } ?? .null,
                upload.ifMatch, upload.ifNoneMatch,
            ])
        var early: Result<Finished, Failure>?
        let storeURL: String?
        if let announced = upload.announced, announced <= Self.short, upload.isHandedOver {
            // Two waits for the disk at once. Nothing may be published before the name is on the list for good.
            let (begun, written) = try database.run(begin, as: caller.identity, for: request) {
                Result { () throws(Failure) in try write(upload, as: name, in: nil, request) }
            }
            storeURL = begun.text(0, 0)
            // Where uploads go to another store by now, the body is there to be read again.
            if storeURL == nil || storeURL == storage.configured { early = written }
        } else {
            storeURL = try database.run(begin, as: caller.identity, for: request).text(0, 0)
        }
        do throws(Failure) {
            let finished = if let early { try early.get() } else { try write(upload, as: name, in: storeURL, request) }
            try publish(finished.blob)
            return try commit(upload, finished.content, as: name, in: storeURL, from: caller, request)
        } catch {
            // Where the database is away the commit may have happened or may not, and where the store is away the blob
            // may still be there: only the list knows of it then. Else it is struck off, or collected in its time.
            if ![.databaseUnavailable, .storageUnavailable].contains(error.kind) {
                _ = try? database.run(
                    Query(Self.abandon, [.text(name.description)]), as: caller.identity, for: request)
            }
            throw error
        }
    }

    /// Answers a web server that takes in the body first: whether it may.
    private func admit(_ upload: Upload, from caller: Caller, _ request: Request) throws(Failure) -> Response {
        let length = upload.announced.map { Parameter.integer($0) } ?? .null
        _ = try database.run(
            Query(Self.check, [.text(upload.path.text), length, upload.ifMatch, upload.ifNoneMatch]),
            as: caller.reading, for: request)
        return Response(204, [.noStore])
    }

    private func generate() throws(Failure) -> BlobName {
        do { return try BlobName.generate() } catch { throw Failure(error) }
    }

    private func refuse(_ size: Int64?, limit: Int64?) throws(Failure) {
        if let size, let limit, size > limit {
            throw Failure(.tooLarge, details: "\(size) bytes were sent or announced, \(limit) are allowed")
        }
    }

    private func commit(
        _ upload: Upload, _ content: BlobContent, as name: BlobName, in storeURL: String?, from caller: Caller,
        _ request: Request
    ) throws(Failure) -> Response {
        let query = Query(
            Self.commit,
            [
                .text(name.description), .text(upload.path.text), upload.description, .text(upload.contentType),
                .integer(content.size), .bytes(content.sha256), upload.ifMatch, upload.ifNoneMatch,
            ])
        do {
            let rows = try database.run(query, as: caller.identity, for: request, isRepeatable: false)
            return Response(
                200,
                [
                    .contentType(MediaType.json), HeaderField("ETag", "\"\(hexadecimal(content.sha256))\""),
                    HeaderField("Repr-Digest", DigestField.sha256(content.sha256)), .noStore,
                ], .text(JSON.quoted(rows.text(0, 0) ?? "")))
        } catch {
            if error.kind != .databaseUnavailable { try remove(name, from: storeURL) }
            throw error
        }
    }

    /// Takes back what was published for a commit that was refused.
    private func remove(_ name: BlobName, from storeURL: String?) throws(Failure) {
        let store = try storage.store(storeURL)
        do {
            try store.remove(name)
        } catch {
            journal.record(.blobLeftBehind(name.description))
            throw Failure(error)
        }
    }

    /// A blob that is whole and durable, and that nobody can read yet.
    private struct Finished {
        let blob: any StagedBlob
        let content: BlobContent
    }

    /// Stages, hashes and compares.
    private func write(
        _ upload: Upload, as name: BlobName, in storeURL: String?, _ request: Request
    ) throws(Failure) -> Finished {
        try translated {
            let staged = try stage(upload, as: name, in: storage.store(storeURL), request)
            try refuse(staged.size, limit: configuration.maximumUploadBytes)
            let content = try staged.finish()
            if let announced = upload.announced, announced != content.size {
                throw Failure(GatewayError.truncatedBody(received: Int(content.size), announced: Int(announced)))
            }
            for digest in upload.digests where digest != content.sha256 {
                throw Failure(
                    .digestMismatch, details: "The body's digest is \(DigestField.sha256(content.sha256))")
            }
            return Finished(blob: staged, content: content)
        }
    }

    private func publish(_ blob: any StagedBlob) throws(Failure) {
        try translated { try blob.publish() }
    }

    /// What goes wrong with the store, as the client is told and as the log is.
    private func translated<Value>(_ body: () throws -> Value) throws(Failure) -> Value {
        do {
            return try body()
        } catch let error as Failure {
            throw error
        } catch let error as BlobStoreError {
            journal.record(.storageFailed(error.description))
            throw Failure(error)
        } catch {
            throw Failure(.internalError)
        }
    }

    /// The body in the stage: the web server's file where it handed one over, else read from the exchange.
    private func stage(
        _ upload: Upload, as name: BlobName, in store: any BlobStore, _ request: Request
    ) throws -> any StagedBlob {
        if try request.text("COFFER_BODY_HANDOFF") == "failed" {
            // The web server could not write the body, and its room is free again: away, or was it full?
            try store.probe()
            throw BlobStoreError(.full, "The web server found no room for a body.")
        }
        if upload.isHandedOver {
            if let path = try request.text("COFFER_BODY_FILE") { return try store.adopt(bodyFile: path, as: name) }
            return try store.stage(as: name, length: 0)
        }
        guard upload.announced != nil || !request.exchange.requiresLength else { throw Failure(.lengthRequired) }
        let staged = try store.stage(as: name, length: upload.announced)
        var buffer: [UInt8] = []
        buffer.reserveCapacity(Self.chunk)
        repeat {
            buffer.removeAll(keepingCapacity: true)
            do {
                try buffer.append(addingCapacity: Self.chunk) { span in try request.exchange.read(into: &span) }
            } catch let error as GatewayError {
                throw Failure(error)
            }
            try staged.write(buffer.span)
            try refuse(staged.size, limit: configuration.maximumUploadBytes)
        } while !buffer.isEmpty
        return staged
    }
}

/// What an upload's head says.
private struct Upload {
    let path: FilePath
    let description: Parameter
    let contentType: String
    let announced: Int64?
    /// Whether the web server has the whole body already.
    let isHandedOver: Bool
    let ifMatch: Parameter
    let ifNoneMatch: Parameter
    let digests: [[UInt8]]

    /// Characters, as the contract counts them: Unicode scalars.
    private static let maximumDescription = 2000

    init(_ request: Request) throws(Failure) {
        guard let field = try request.text("HTTP_FILE_PATH") else {
            throw Failure(.filePathRule, "The header File-Path is required")
        }
        guard let text = PercentCoding.headerValue(field) else {
            throw Failure(.filePathRule, "The header File-Path is not valid percent-encoded UTF-8")
        }
        path = try FilePath(text)
        description = try Self.description(request)
        contentType = MediaType.stored(contentType: try request.text("CONTENT_TYPE"), path: path)
        announced = try request.announcedLength()
        isHandedOver = try request.text("COFFER_BODY_HANDOFF") == "on"
        ifMatch = try Self.ifMatch(request)
        ifNoneMatch = try Self.ifNoneMatch(request)
        var digests: [[UInt8]] = []
        for field in [try request.text("HTTP_REPR_DIGEST"), try request.text("HTTP_CONTENT_DIGEST")] {
            if let field, let digest = try DigestField.parse(field) { digests.append(digest) }
        }
        self.digests = digests
    }

    private static func description(_ request: Request) throws(Failure) -> Parameter {
        // An empty header is an empty description; an absent one leaves what there is.
        guard let field = try request.rawText("HTTP_DESCRIPTION") else { return .null }
        guard let text = PercentCoding.headerValue(field), !text.utf8.contains(0) else {
            throw Failure(.invalidArgument, "The header Description is not valid percent-encoded UTF-8")
        }
        guard text.unicodeScalars.count <= maximumDescription else {
            throw Failure(.invalidArgument, "The description must not be longer than \(maximumDescription) characters")
        }
        return .text(text)
    }

    /// `*`, or the strong tags in a comma list, as the database takes them.
    private static func ifMatch(_ request: Request) throws(Failure) -> Parameter {
        guard let field = try request.text("HTTP_IF_MATCH") else { return .null }
        guard let tags = EntityTags(field) else {
            throw Failure(.invalidArgument, "If-Match must be '*' or a list of quoted entity tags")
        }
        switch tags {
        case .any: return .text("*")
        case .list(let tags): return .text(tags.filter { !$0.isWeak }.map(\.value).joined(separator: ","))
        }
    }

    private static func ifNoneMatch(_ request: Request) throws(Failure) -> Parameter {
        guard let field = try request.text("HTTP_IF_NONE_MATCH") else { return .text("false") }
        guard EntityTags(field) == .any else {
            throw Failure(.invalidArgument, "If-None-Match must be '*' for an upload")
        }
        return .text("true")
    }
}
