// 3. Resumable uploads: created, asked for, continued and ended. The request that brings the last byte also makes the
// file, by the road of every upload.

internal import BlobStore
internal import CofferCore
internal import Gateway
internal import POSIX
internal import Postgres
internal import Storage
internal import Text

struct ResumableUploads {
    let configuration: Configuration
    let database: Database
    let storage: StoreCache
    let logger: Logger
    let slots: PoolSlots

    /// For how long HEAD waits for a request that is at work, in nanoseconds. That one looks every second.
    private static let patience: Int64 = 2_500_000_000

    /// `POST /uploads`.
    func create(_ request: Request, from caller: Caller) throws(Failure) -> Response {
        try ResumableProtocol.requireVersion(request)
        let creation = try UploadCreation(request)
        try UploadLimit(bytes: configuration.maximumUploadBytes).check(creation.length)
        let checksum = try request.uploadChecksum
        try CurrentStore(database: database, storage: storage).recognise(logger)
        if creation.length == 0 { return try storeEmpty(creation, request, caller) }
        let id = try logger.reporting {
            let create = UnfinishedUpload.create(
                BlobName.generate(), creation.file, modified: creation.metadata.modified,
                metadata: creation.metadata.text, lifetime: configuration.uploadSeconds)
            return try database.change(create, as: caller.identity, for: request).only().text("id")
        }
        let location = HeaderField("Location", request.basePath + Route.upload.path(id))
        guard creation.hasBody else {
            let expires = ResumableProtocol.expires(Clock.realtimeSeconds() + configuration.uploadSeconds)
            return Response(201, [location, expires, .noStore])
        }
        do throws(Failure) {
            var response = try proceed(id, at: 0, checksum, request, caller)
            (response.status, response.fields) = (201, [location] + response.fields)
            return response
        } catch {
            // The client does not know the upload, so it cannot continue it.
            _ = try? database.change(UnfinishedUpload.end(id), as: caller.identity, for: request)
            throw error
        }
    }

    /// `HEAD /uploads/{id}`. An upload with all its bytes, which an outage has kept from becoming a file, becomes one.
    func head(_ request: Request, from caller: Caller) throws(Failure) -> Response {
        try ResumableProtocol.requireVersion(request)
        let upload = try takeOver(try request.uploadID, request, caller)
        let done = upload.progress.size == upload.length ? try finish(upload, request, caller) : []
        return Response(
            200,
            [
                ResumableProtocol.offset(upload.progress.size),
                HeaderField("Upload-Length", String(upload.length)),
                HeaderField("Upload-Metadata", upload.metadata), .noStore,
            ] + (done.isEmpty ? [ResumableProtocol.expires(upload.expires)] : done))
    }

    /// `PATCH /uploads/{id}`.
    func proceed(_ request: Request, from caller: Caller) throws(Failure) -> Response {
        try ResumableProtocol.requireVersion(request)
        guard try request.isPiece else {
            throw Failure(.unsupportedBody, "The Content-Type must be \(ResumableProtocol.mediaType)")
        }
        guard let offset = try request.bytes(.uploadOffset) else {
            throw Failure(.invalidArgument, "The header Upload-Offset is required")
        }
        return try proceed(try request.uploadID, at: offset, try request.uploadChecksum, request, caller)
    }

    /// `DELETE /uploads/{id}`.
    func end(_ request: Request, from caller: Caller) throws(Failure) -> Response {
        try ResumableProtocol.requireVersion(request)
        _ = try database.change(UnfinishedUpload.end(try request.uploadID), as: caller.identity, for: request)
        return Response(204, [.noStore])
    }

    private func proceed(
        _ id: String, at offset: Int64, _ checksum: UploadChecksum?, _ request: Request, _ caller: Caller
    ) throws(Failure) -> Response {
        // A slow client occupies a worker, unless the web server has its body already. In plain CGI there is no pool.
        let isShort = try request.announcedLength().map { $0 <= Request.short } ?? false
        let slot: PoolSlot? = isShort || request.exchange.requiresLength ? nil : try slots.take()
        defer { _ = slot != nil }
        let upload = try take(id, at: offset, hold: true, force: true, request, caller)
        let writer = UploadWriter(
            upload, request, caller, database, lifetime: configuration.uploadSeconds, storage.stopwatch)
        do throws(Failure) {
            let end = try endingIfLost(upload, request, caller) {
                try writer.receive(into: try blob(of: upload), checksum)
            }
            let offset = ResumableProtocol.offset(end.size)
            if end.size < upload.length {
                return Response(204, [offset, ResumableProtocol.expires(end.expires), .noStore])
            }
            let whole = try take(id, at: upload.length, hold: false, force: true, request, caller)
            return Response(204, [offset, .noStore] + (try finish(whole, request, caller)))
        } catch {
            writer.release()
            throw error
        }
    }
}

extension ResumableUploads {
    /// Takes the lease, so that the offset that is answered stays true.
    private func takeOver(_ id: String, _ request: Request, _ caller: Caller) throws(Failure) -> UnfinishedUpload {
        let limit = Clock.monotonicNanoseconds() + Self.patience
        while true {
            let force = Clock.monotonicNanoseconds() >= limit
            let upload = try take(id, at: nil, hold: false, force: force, request, caller)
            if !upload.isBusy { return upload }
            Clock.sleep(.milliseconds(100))
        }
    }

    private func take(
        _ id: String, at offset: Int64?, hold: Bool, force: Bool, _ request: Request, _ caller: Caller
    ) throws(Failure) -> UnfinishedUpload {
        let query = UnfinishedUpload.take(id, at: offset, hold: hold, force: force)
        let read = { (rows: Rows) throws in try UnfinishedUpload(id: id, rows.only()) }
        // A client that asks for the offset gets one that is on the disk. Otherwise there is no need to wait for that,
        // and no harm if a request that has been given up takes the lease.
        guard offset != nil else { return try database.change(query, as: caller.identity, for: request, read: read) }
        return try database.run(query, as: caller.identity, for: request, read: read)
    }

    /// Ends an upload whose bytes the store has lost, so that the client begins again.
    ///
    /// - Throws: `Failure` 404 then.
    private func endingIfLost<Value>(
        _ upload: UnfinishedUpload, _ request: Request, _ caller: Caller, _ body: () throws -> Value
    ) throws(Failure) -> Value {
        try logger.reporting {
            do {
                return try body()
            } catch let error as BlobStoreError where error.kind == .absent {
                // The whole store may be absent.
                try storage.store(upload.storeURL).probe()
                logger.record(error)
                _ = try database.change(UnfinishedUpload.end(upload.id), as: caller.identity, for: request)
                throw Failure(.uploadNotFound)
            }
        }
    }

    private func blob(of upload: UnfinishedUpload) throws -> any ResumableBlob {
        try storage.stopwatch.measure {
            try storage.store(upload.storeURL).resume(upload.blob, length: upload.length, from: upload.progress)
        }
    }

    /// Makes a complete upload a file.
    ///
    /// The row of the upload stays locked from before the blob is published until the commit, so nothing removes either
    /// meanwhile.
    ///
    /// - Returns: the fields that describe the file.
    private func finish(
        _ upload: UnfinishedUpload, _ request: Request, _ caller: Caller
    ) throws(Failure) -> [HeaderField] {
        try endingIfLost(upload, request, caller) {
            let store = try storage.store(upload.storeURL)
            let complete = try storage.stopwatch.measure { try blob(of: upload).complete() }
            let content = try database.transaction(as: caller.identity, for: request) { transaction in
                _ = try transaction.run(upload.hold)
                var pending = PendingUpload(
                    upload.file, from: .unfinished(complete, upload.blob, in: store), into: storage,
                    UploadTransaction(transaction: transaction))
                let content = try pending.receive()
                _ = try pending.commit()
                return content
            }
            return fields(content, of: upload.file, request)
        }
    }

    private func fields(_ content: BlobContent, of file: NewFile, _ request: Request) -> [HeaderField] {
        let path = PercentCoding.encode(file.path.text)
        return [
            HeaderField("ETag", "\"\(hexadecimal(content.sha256))\""),
            HeaderField("Repr-Digest", DigestField.sha256(content.sha256)),
            HeaderField("Content-Location", "\(request.basePath)\(Route.retrieveFile.path)?p_file_path=\(path)"),
        ]
    }

    /// An empty file needs no second request. Its upload is finished at once, so the location is one of no upload.
    private func storeEmpty(
        _ creation: UploadCreation, _ request: Request, _ caller: Caller
    ) throws(Failure) -> Response {
        try logger.reporting {
            let user = UploadUser(caller: caller, request: request, database: database)
            var pending = PendingUpload(creation.file, from: .bytes([]), into: storage, user)
            let content = try pending.receive()
            let id = try pending.commit()
            let location = HeaderField("Location", request.basePath + Route.upload.path(id))
            return Response(
                201,
                [location, ResumableProtocol.offset(0), .noStore] + fields(content, of: creation.file, request))
        }
    }
}

/// The commit of an upload within a transaction that has locked it.
private struct UploadTransaction: UploadDatabase {
    let transaction: Database.Transaction

    func run(_ query: Query) throws -> Rows { try transaction.run(query) }

    func commit(_ query: Query) throws -> Rows {
        let rows = try transaction.run(query)
        try transaction.commit()
        return rows
    }

    func isUnavailable(after error: any Error) -> Bool { Failure(mapping: error).isOutageOfDatabase }
}
