// A staged blob that is a file on this host and short enough for one request. The file is read once for its
// digests, and once for each attempt to send it, so nothing is kept in memory.

internal import Cryptography
internal import HTTP
internal import POSIX

final class S3SinglePut: StagedBlob {
    private static let bufferSize = 256 << 10

    private let file: FileDescriptor
    private let client: S3Client
    private let key: String
    let size: Int64
    private var digests: (content: BlobContent, md5: [UInt8]?)?
    private var state = State.staged

    private enum State {
        case staged, published, discarded
        /// Sent, but the answer is not known.
        case uncertain
    }

    init(_ file: consuming FileDescriptor, size: Int64, _ client: S3Client, as name: BlobName) {
        self.file = file
        (self.size, self.client, key) = (size, client, client.address.key(of: name))
    }

    deinit { discard() }

    func write(_ bytes: Span<UInt8>) throws(BlobStoreError) {
        throw BlobStoreError(.refused, "A body file cannot be appended to.")
    }

    func finish() throws(BlobStoreError) -> BlobContent {
        let digests = if let digests { digests } else { try digest() }
        self.digests = digests
        return digests.content
    }

    func publish() throws(BlobStoreError) {
        _ = try finish()
        guard state == .staged, let digests else {
            throw BlobStoreError(.refused, "The blob is published or discarded already.")
        }
        state = .uncertain
        do {
            var request = S3Request("PUT", key)
            request.carry(size, S3Digests(sha256: digests.content.sha256, md5: digests.md5)) { self.source() }
            try client.put(request)
        } catch {
            discard()
            throw error
        }
        state = .published
    }

    func discard() {
        // If this fails, gc removes the object because it is listed as pending.
        if state == .uncertain { client.attempt(S3Request("DELETE", key)) }
        if state != .published { state = .discarded }
    }

    private func digest() throws(BlobStoreError) -> (content: BlobContent, md5: [UInt8]?) {
        var content = ContentDigest()
        var md5 = try? MD5()
        try file.forEachChunk(size: Self.bufferSize) { bytes throws(BlobStoreError) in
            content.update(bytes)
            md5?.update(bytes)
        }
        guard content.size == size else {
            throw BlobStoreError(.refused, "The file of the upload is still changing.")
        }
        return (content.finish(), md5.take()?.finish())
    }

    private func source() -> HTTPRequest.Source {
        var offset: Int64 = 0
        return { space in
            guard let count = try? self.file.read(at: offset, into: &space) else { return false }
            offset += Int64(count)
            return true
        }
    }
}
