// A staged blob whose bytes arrive once, as a stream. If they fit into one part, `publish` sends them in one request.
// Otherwise they become a multipart upload: each part is sent while the next one fills.

internal import HTTP
internal import POSIX

final class S3MultipartUpload: StagedBlob {
    private let client: S3Client
    private let key: String
    /// In bytes. nil if the length is unknown; then parts grow.
    private let partSize: Int?
    private let length: Int64?

    private(set) var size: Int64 = 0
    private var digest: ContentDigest?
    private var content: BlobContent?
    private var filling: S3Part
    private var spare: S3Part?
    private var inFlight: (part: S3Part, call: S3Call)?
    /// The `UploadId`. nil until there is a second part.
    private var upload: String?
    /// The ETags of the parts.
    private var tags: [String] = []
    private var state = State.open

    private enum State {
        case open, finished, published, discarded
        /// Sent, but the answer is not known.
        case uncertain
    }

    init(_ client: S3Client, as name: BlobName, length: Int64?) throws(BlobStoreError) {
        guard let partSize = length.map({ PartSizes.size(length: $0) }) ?? PartSizes.size(place: 0) else {
            throw BlobStoreError(.tooLarge, "The storage cannot hold a file of this size.")
        }
        (self.client, self.length, key) = (client, length, client.address.key(of: name))
        self.partSize = length == nil ? nil : partSize
        filling = S3Part(size: min(partSize, length.map { max(1, Int(clamping: $0)) } ?? partSize))
        digest = ContentDigest()
    }

    deinit { discard() }

    func write(_ bytes: Span<UInt8>) throws(BlobStoreError) {
        guard state == .open else { throw BlobStoreError(.refused, "The blob is finished already.") }
        var written = 0
        while written < bytes.count {
            if filling.isFull { try discardingOnError { () throws(BlobStoreError) in try sendPart() } }
            written += filling.append(bytes.extracting(droppingFirst: written))
        }
        digest?.update(bytes)
        size += Int64(bytes.count)
        if inFlight != nil { client.performTransfers() }
    }

    func finish() throws(BlobStoreError) -> BlobContent {
        if let content { return content }
        guard state == .open, let digest = digest.take() else {
            throw BlobStoreError(.refused, "The blob is discarded already.")
        }
        try discardingOnError { () throws(BlobStoreError) in
            if upload == nil { return }
            try sendPart()
            try awaitPart()
        }
        state = .finished
        let content = digest.finish()
        self.content = content
        return content
    }

    func publish() throws(BlobStoreError) {
        let content = try finish()
        guard state == .finished else { throw BlobStoreError(.refused, "The blob is published or discarded already.") }
        state = .uncertain
        try discardingOnError { () throws(BlobStoreError) in
            guard let upload else { return try put(content) }
            try client.completeMultipart(key, upload, tags: tags, size: size)
        }
        state = .published
    }

    func discard() {
        defer { if state != .published { state = .discarded } }
        inFlight = nil
        digest = nil
        // If this fails, gc removes the upload by its age, or the object because it is listed as pending.
        switch state {
        case .open, .finished: abort()
        case .uncertain:
            abort()
            client.attempt(S3Request("DELETE", key))
        case .published, .discarded: break
        }
    }

    private func abort() {
        if let upload { try? client.abortMultipart(key, upload) }
        upload = nil
    }

    private func discardingOnError(_ body: () throws(BlobStoreError) -> Void) throws(BlobStoreError) {
        do {
            try body()
        } catch {
            discard()
            throw error
        }
    }

    private func put(_ content: BlobContent) throws(BlobStoreError) {
        try client.put(filling.request("PUT", key, query: [], sha256: content.sha256))
    }

    /// Sends the filled part. The part before it must have arrived.
    private func sendPart() throws(BlobStoreError) {
        if upload == nil { upload = try client.beginMultipart(key) }
        guard let upload else { return }
        try awaitPart()
        let place = tags.count
        let query = [("partNumber", "\(place + 1)"), ("uploadId", upload)]
        inFlight = (filling, S3Call(filling.request("PUT", key, query: query, sha256: nil), client))
        guard let next = partSize ?? PartSizes.size(place: place + 1) else {
            throw BlobStoreError(.tooLarge, "The storage cannot hold a file of this size.")
        }
        filling =
            next == PartSizes.size(place: place) || partSize != nil
            ? spare.take() ?? S3Part(size: next) : S3Part(size: next)
    }

    /// Waits for the part that is being sent.
    private func awaitPart() throws(BlobStoreError) {
        guard let (part, call) = inFlight.take() else { return }
        guard let tag = try call.answer().head.field("ETag") else {
            throw BlobStoreError(.unavailable, "The storage did not confirm a part of an upload.")
        }
        tags.append(tag)
        part.clear()
        spare = part
    }
}
