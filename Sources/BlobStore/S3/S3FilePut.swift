// A staged blob that is a file of this host, as the web server has written it or S3Spool, and short enough for one request:
// a first pass over the file makes its digests, and each attempt to send it makes another, so nothing is held in memory.

internal import Cryptography
internal import HTTP
internal import System

final class S3FilePut: StagedBlob {
    private static let bufferSize = 256 << 10

    private let file: FileDescriptor
    private let client: S3Client
    private let key: String
    let size: Int64
    private var digests: S3Digests?
    private var state = State.staged

    private enum State {
        case staged, published, discarded
        /// Sent, and nothing known of how that ended.
        case doubtful
    }

    init(_ file: consuming FileDescriptor, size: Int64, _ client: S3Client, as name: BlobName) {
        self.file = file
        (self.size, self.client, key) = (size, client, client.address.key(of: name))
    }

    deinit { discard() }

    func write(_ bytes: Span<UInt8>) throws(BlobStoreError) {
        throw BlobStoreError(.refused, "A blob that was handed over is complete.")
    }

    func finish() throws(BlobStoreError) -> BlobContent {
        let digests = if let digests { digests } else { try digest() }
        self.digests = digests
        return BlobContent(size: size, sha256: digests.sha256)
    }

    func publish() throws(BlobStoreError) {
        _ = try finish()
        guard state == .staged, let digests else {
            throw BlobStoreError(.refused, "The blob is published or discarded already.")
        }
        state = .doubtful
        do {
            var request = S3Request("PUT", key)
            request.carry(size, digests) { self.source() }
            try client.put(request)
        } catch {
            discard()
            throw error
        }
        state = .published
    }

    func discard() {
        // Where this fails, gc finds the object by the list of uploads that were begun.
        if state == .doubtful { client.attempt(S3Request("DELETE", key)) }
        if state != .published { state = .discarded }
    }

    private func digest() throws(BlobStoreError) -> S3Digests {
        var sha256 = try newDigest()
        var md5 = try? MD5()
        var count: Int64 = 0
        try file.forEachChunk(size: Self.bufferSize) { bytes throws(BlobStoreError) in
            sha256.update(bytes)
            md5?.update(bytes)
            count += Int64(bytes.count)
        }
        guard count == size else { throw BlobStoreError(.refused, "The file that was handed over is still changing.") }
        return S3Digests(sha256: sha256.finish(), md5: md5.take()?.finish())
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
