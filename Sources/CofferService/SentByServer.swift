// Downloads whose bytes the web server sends. Which part of the file is sent has been decided by then: the web server gets
// a whole file, or a part that it reads out of the request as we do; everything else the worker sends itself.

internal import BlobStore
internal import CofferCore
internal import Gateway

extension Request {
    /// The range that is asked for. Several lines are several ranges, which nobody is given.
    ///
    /// Apache would make parts of what we send whole, so its site hides the header from it, and tells us in this variable.
    func rangeField() throws(Failure) -> String? {
        if let hidden = try text("COFFER_RANGE") { return hidden }
        let lines = try texts("HTTP_RANGE")
        return lines.count == 1 ? lines[0] : nil
    }

    /// `If-Range`; an empty one is there and names no version.
    func ifRange() throws(Failure) -> String? {
        do { return try exchange.parameter("HTTP_IF_RANGE") } catch { throw Failure(error) }
    }

    /// Whether a web server that judges the range itself comes to the same part.
    fileprivate func isPlainRange() throws(Failure) -> Bool {
        let lines = try texts("HTTP_RANGE")
        return lines.count == 1 && ByteRange.isPlain(lines[0])
    }
}

extension RetrieveFile {
    /// The field that makes the web server send the blob; nil where it did not offer to, where the store is not on this
    /// host, or where it would send another part.
    func redirect(_ request: Request, _ file: StoredFile, _ range: ByteRange?) throws(Failure) -> HeaderField? {
        guard let way = try request.text("COFFER_SENDFILE") else { return nil }
        // The web server knows the folder of one local store; what lies in another is streamed.
        if let url = file.storeURL, url != storage.configured { return nil }
        let store = try storage.store(file.storeURL)
        let prefix = "x-accel-redirect:"
        if way.hasPrefix(prefix) {
            guard let location = try location(way.dropFirst(prefix.count), request, range) else { return nil }
            return store.path(of: file.blob).map { HeaderField("X-Accel-Redirect", location + $0) }
        }
        guard way == "x-sendfile", try isSentAlike(request, range) else { return nil }
        return store.absolutePath(of: file.blob).map { HeaderField("X-Sendfile", $0) }
    }

    /// `words` are nginx's locations: of files that it sends whole whatever the request says, and of those that it takes a
    /// part of. Where there is only one, it may do either.
    private func location(_ words: Substring, _ request: Request, _ range: ByteRange?) throws(Failure) -> Substring? {
        let words = words.split(separator: " ")
        if words.count == 1 { return try isSentAlike(request, range) ? words[0] : nil }
        guard range != nil else { return words.first }
        return try request.isPlainRange() ? words.last : nil
    }

    /// Whether a web server that looks at `Range` by itself sends what was decided.
    private func isSentAlike(_ request: Request, _ range: ByteRange?) throws(Failure) -> Bool {
        guard range != nil else { return try request.texts("HTTP_RANGE").isEmpty }
        guard try request.ifRange() == nil else { return false }
        return try request.isPlainRange()
    }

    /// The fields that make the web server fetch the blob from a remote store; nil where it did not offer to for this
    /// store. `COFFER_SENDFILE_REMOTE` is the location that it does so in and the store's origin. Which part it fetches
    /// is decided here, so that nothing of the client's request goes to the store.
    func fetch(_ request: Request, _ file: StoredFile, _ range: ByteRange?) throws(Failure) -> [HeaderField]? {
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
}
