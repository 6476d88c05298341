// Downloads whose bytes the web server sends: whole files, and parts that the web server finds in the request as we do.
// The worker streams all other parts.

internal import BlobStore
internal import CofferCore
internal import Storage

extension RetrieveFile {
    /// The field that makes the web server send the blob from the local store. nil if it does not offer to, if the blob
    /// is in another store, or if it would send another part.
    func localRedirect(_ request: Request, _ file: StoredFile, _ range: ByteRange?) throws(Failure) -> HeaderField? {
        guard let offer = try request.sendfile else { return nil }
        // The web server knows only the directory of the configured store.
        if let url = file.storeURL, url != storage.configuredURL { return nil }
        let store = try logger.reporting { try storage.store(file.storeURL) }
        switch offer {
        case .accelRedirect(let locations):
            guard let location = try location(locations, request, range) else { return nil }
            return store.path(of: file.blob).map { HeaderField("X-Accel-Redirect", String(location) + $0) }
        case .xSendfile:
            guard try isSentAlike(request, range) else { return nil }
            return store.absolutePath(of: file.blob).map { HeaderField("X-Sendfile", $0) }
        }
    }

    /// The nginx location that sends `range`. nil if no location does.
    private func location(_ locations: [Substring], _ request: Request, _ range: ByteRange?) throws(Failure)
        -> Substring?
    {
        if locations.count == 1 { return try isSentAlike(request, range) ? locations[0] : nil }
        guard range != nil else { return locations.first }
        return try request.isPlainRange ? locations.last : nil
    }

    /// Whether a web server that evaluates the request's `Range` itself sends `range`.
    private func isSentAlike(_ request: Request, _ range: ByteRange?) throws(Failure) -> Bool {
        guard range != nil else { return try !request.hasRange }
        guard try request.ifRange == nil else { return false }
        return try request.isPlainRange
    }

    /// The fields that make the web server fetch the blob from a remote store. nil if it does not offer to for this
    /// store. They name the part, so that the client's fields are not sent to the store.
    func remoteRedirect(_ request: Request, _ file: StoredFile, _ range: ByteRange?) throws(Failure) -> [HeaderField]? {
        // A presigned URL is for GET. A HEAD needs nothing from the store.
        guard request.method == .get, let offer = try request.remoteSendfile else { return nil }
        let server = try WebServer(request)
        return try logger.reporting {
            let store = try storage.store(file.storeURL)
            guard let remote = try store.presignedTarget(of: file.blob) else { return nil }
            guard remote.origin == offer.origin else {
                try reportStreaming(file, server, store)
                return nil
            }
            let redirect = HeaderField("X-Accel-Redirect", offer.location + remote.target)
            guard let range else { return [redirect] }
            let part = "bytes=\(range.offset)-\(range.offset + range.length - 1)"
            return [redirect, HeaderField("X-Coffer-Range", part)]
        }
    }

    /// Records, once for each worker, why the web server cannot fetch this store's blobs.
    private func reportStreaming(
        _ file: StoredFile, _ server: WebServer, _ store: any BlobStore
    ) throws(BlobStoreError) {
        let isConfigured = file.storeURL.map { $0 == storage.configuredURL } ?? true
        guard isConfigured, let difference = try server.difference(from: store) else { return }
        logger.recordOnce(.webServerDiffers(difference))
    }
}
