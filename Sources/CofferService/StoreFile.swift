// 3. An upload: stage, hash, compare, publish, commit, answer. What stops us in between must leave no blob that nobody
// knows of, so each is noted before its first byte: by the store, where it can, and that is the short way; else on the
// database's list of leftovers, which costs a question and a wait for its disk.

internal import BlobStore
internal import CofferCore
internal import Gateway
internal import Postgres
internal import Storage
internal import Text

struct StoreFile {
    let configuration: Configuration
    let database: Database
    let storage: StoreCache
    let journal: Journal

    private static let check = Statement(
        name: "check_upload", sql: "select api.check_upload($1, $2::bigint, $3, $4::boolean)")
    private static let room = Statement(name: "upload_room", sql: "select api.upload_room($1)")
    private static let begin = Statement(
        name: "begin_upload", sql: "select api.begin_upload($1, $2, $3::bigint, $4, $5::boolean)")
    private static let commit = Statement(
        name: "store_file",
        sql: "select api.store_file($1, $2, $3, $4, $5::bigint, $6::bytea, $7, $8::boolean, $9)")
    private static let abandon = Statement(name: "abandon_upload", sql: "select api.abandon_upload($1)")

    /// Bytes read from the body at a time.
    private static let chunk = 65_536

    /// `POST /rpc/store_file`.
    func store(_ request: Request, from caller: Caller) throws(Failure) -> Response {
        let upload = try Upload(request)
        try refuse(upload.announced, limit: configuration.maximumUploadBytes)
        try recogniseStore()
        if try request.text(.uploadQuestion) == "on" { return try admit(upload, from: caller, request) }
        let body = try UploadBody(upload, request)
        if body.isRepeatable, let store = storage.markingStore,
            let answer = try storeNoted(upload, body, in: store, from: caller, request)
        {
            return answer
        }
        return try storeListed(upload, body, from: caller, request)
    }

    /// Once for each worker, before the first bytes go to what a wrong configuration may name. A pool's worker has looked
    /// when it started.
    private func recogniseStore() throws(Failure) {
        guard !storage.isRecognised else { return }
        try translated { _ = try CurrentStore(database: database, storage: storage).open() }
    }

    /// Answers a web server that takes in the body first: whether it may.
    private func admit(_ upload: Upload, from caller: Caller, _ request: Request) throws(Failure) -> Response {
        try check(upload, size: upload.announced, as: caller.reading, request)
        return Response(204, [.noStore])
    }

    /// - Throws: `Failure` 412 or 413 where an upload of this size, if that is known, cannot be stored.
    private func check(
        _ upload: Upload, size: Int64?, as identity: Identity, _ request: Request
    ) throws(Failure) {
        let length = size.map { Parameter.integer($0) } ?? .null
        _ = try database.run(
            Query(Self.check, [.text(upload.path.text), length, upload.ifMatch, upload.ifNoneMatch]),
            as: identity, for: request)
    }

    /// The same in the middle of a body: how much is still to come nobody knows.
    private func checkUnfinished(
        _ upload: Upload, size: Int64, as identity: Identity, _ request: Request
    ) throws(Failure) {
        do throws(Failure) {
            try check(upload, size: size, as: identity, request)
        } catch  where error.kind == .overQuota {
            throw Failure(.overQuota, error.message, details: error.details.map { "At least \($0)" })
        }
    }

    /// The short way: one transaction, and the store's own note until it is committed.
    ///
    /// - Returns: nil, and nothing is stored, when uploads go to another store by now, or may do, as this one is away.
    private func storeNoted(
        _ upload: Upload, _ body: UploadBody, in store: any NotingBlobStore, from caller: Caller, _ request: Request
    ) throws(Failure) -> Response? {
        let name = try generate()
        let blob: any NotedBlob
        do {
            blob = try translated { try stageNoted(body, as: name, in: store) }
        } catch {
            if error.kind == .storageUnavailable { return nil }
            throw error
        }
        let content = try finish(blob, upload)
        try publish(blob)
        do throws(Failure) {
            let answer = try commit(
                upload, content, as: name, in: .text(storage.configuredURL), from: caller, request)
            if answer == nil {
                storage.receivesUploads = false
                try remove(name, from: store)
            }
            blob.settle()
            return answer
        } catch {
            // Where the database is away the commit may have happened or may not: the note stays.
            if ![.databaseUnavailable, .outcomeUnknown].contains(error.kind) {
                try remove(name, from: store)
                blob.settle()
            }
            throw error
        }
    }

    /// The long way: on the list until the commit that makes the blob a file.
    private func storeListed(
        _ upload: Upload, _ body: UploadBody, from caller: Caller, _ request: Request
    ) throws(Failure) -> Response {
        let name = try generate()
        let begin = Query(
            Self.begin,
            [
                .text(name.description), .text(upload.path.text), upload.announced.map { .integer($0) } ?? .null,
                upload.ifMatch, upload.ifNoneMatch,
            ])
        let storeURL = try database.run(begin, as: caller.identity, for: request).text(0, 0)
        do throws(Failure) {
            let store = try translated { try storage.store(storeURL) }
            let blob = try translated { try stage(upload, body, as: name, in: store, from: caller, request) }
            let content = try finish(blob, upload)
            try publish(blob)
            do throws(Failure) {
                guard let answer = try commit(upload, content, as: name, in: .null, from: caller, request) else {
                    throw Failure(.internalError)
                }
                return answer
            } catch {
                if ![.databaseUnavailable, .outcomeUnknown].contains(error.kind) { try remove(name, from: store) }
                throw error
            }
        } catch {
            // Where the database is away the commit may have happened or may not, and where the store is away the blob
            // may still be there: only the list knows of it then. Else it is struck off, or collected in its time.
            if ![.databaseUnavailable, .outcomeUnknown, .storageUnavailable].contains(error.kind) {
                _ = try? database.run(
                    Query(Self.abandon, [.text(name.description)]), as: caller.identity, for: request)
            }
            throw error
        }
    }

    private func generate() throws(Failure) -> BlobName {
        do { return try BlobName.generate() } catch { throw Failure(error) }
    }

    private func refuse(_ size: Int64?, limit: Int64?) throws(Failure) {
        if let size, let limit, size > limit {
            throw Failure(.tooLarge, details: "\(size) bytes were sent or announced, \(limit) are allowed")
        }
    }

    private func stageNoted(
        _ body: UploadBody, as name: BlobName, in store: any NotingBlobStore
    ) throws -> any NotedBlob {
        if case .file(let path?) = body { return try store.adoptWithNote(bodyFile: path, as: name) }
        let blob = try store.stageWithNote(as: name)
        if case .bytes(let bytes) = body { try blob.write(bytes.span) }
        return blob
    }

    private func stage(
        _ upload: Upload, _ body: UploadBody, as name: BlobName, in store: any BlobStore, from caller: Caller,
        _ request: Request
    ) throws -> any StagedBlob {
        switch body {
        case .lost:
            // The web server's room is free again: was the store away, or full?
            try store.probe()
            throw BlobStoreError(.full, "The web server found no room for a body.")
        case .file(let path?): return try store.adopt(bodyFile: path, as: name)
        case .file(nil): return try store.stage(as: name, length: 0)
        case .bytes(let bytes):
            let blob = try store.stage(as: name, length: Int64(bytes.count))
            try blob.write(bytes.span)
            return blob
        case .stream:
            let blob = try store.stage(as: name, length: upload.announced)
            try receive(upload, into: blob, from: caller, request)
            return blob
        }
    }

    /// Reads the body while it comes, no further than it can be stored: where its length was announced, that is known.
    private func receive(
        _ upload: Upload, into blob: any StagedBlob, from caller: Caller, _ request: Request
    ) throws {
        let question = Query(Self.room, [.text(upload.path.text)])
        let askForRoom = { () throws(Failure) in
            try database.run(question, as: caller.identity, for: request).integer(0, 0)
        }
        var room = upload.announced == nil ? try askForRoom() : nil
        var buffer: [UInt8] = []
        repeat {
            try request.readBody(into: &buffer, upTo: Self.chunk)
            let size = blob.size + Int64(buffer.count)
            try refuse(size, limit: configuration.maximumUploadBytes)
            if let limit = room, size > limit {
                // The refusal in the database's words, unless there is more room by now.
                try checkUnfinished(upload, size: size, as: caller.identity, request)
                room = try askForRoom()
            }
            try blob.write(buffer.span)
        } while !buffer.isEmpty
    }

    /// Hashes and compares. The blob is whole then, and nobody can read it yet.
    private func finish(_ blob: any StagedBlob, _ upload: Upload) throws(Failure) -> BlobContent {
        try refuse(blob.size, limit: configuration.maximumUploadBytes)
        let content = try translated { try blob.finish() }
        if let announced = upload.announced, announced != content.size {
            throw Failure(GatewayError.truncatedBody(received: Int(content.size), announced: Int(announced)))
        }
        for digest in upload.digests where digest != content.sha256 {
            throw Failure(.digestMismatch, details: "The body's digest is \(DigestField.sha256(content.sha256))")
        }
        return content
    }

    private func publish(_ blob: any StagedBlob) throws(Failure) {
        try translated { try blob.publish() }
    }

    /// - Returns: nil when the blob lies in another store than the one in use.
    private func commit(
        _ upload: Upload, _ content: BlobContent, as name: BlobName, in storeURL: Parameter, from caller: Caller,
        _ request: Request
    ) throws(Failure) -> Response? {
        let query = Query(
            Self.commit,
            [
                .text(name.description), .text(upload.path.text), upload.description,
                .text(MediaType.labelled(upload.contentType, isUTF8: content.isUTF8)),
                .integer(content.size), .bytes(content.sha256), upload.ifMatch, upload.ifNoneMatch, storeURL,
            ])
        let rows = try database.change(query, as: caller.identity, for: request)
        guard let id = rows.text(0, 0) else { return nil }
        return Response(
            200,
            [
                .contentType(MediaType.json), HeaderField("ETag", "\"\(hexadecimal(content.sha256))\""),
                HeaderField("Repr-Digest", DigestField.sha256(content.sha256)), .noStore,
            ], .text(JSON.quoted(id)))
    }

    /// Takes back what was published for a commit that was refused.
    private func remove(_ name: BlobName, from store: any BlobStore) throws(Failure) {
        do {
            try store.remove(name)
        } catch {
            journal.record(.blobLeftBehind(name.description))
            throw Failure(error)
        }
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
}
