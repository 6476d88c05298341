// Blobs as objects of an S3 bucket. Between calls the store keeps only its connections.
//
//     prefix/ab/ab<30 digits>     blobs
//     prefix/coffer-store         the store's mark
//
// A blob's name is 128 random bits, so no other object has it. Conditional requests could ensure that, but several
// stores ignore them, and a request that is sent again would fail.

internal import Cryptography
internal import HTTP
internal import POSIX
internal import Text

final class S3BlobStore: BlobStore {
    /// For how long a presigned URL is valid. The clocks of this host and the store may differ by as much.
    private static let lifetime = Duration.seconds(300)

    let client: S3Client
    var address: S3Address { client.address }

    init(_ client: S3Client) { self.client = client }

    func stage(as name: BlobName, length: Int64?) throws(BlobStoreError) -> any StagedBlob {
        // Shorter bodies are kept in memory, longer ones are sent in parts.
        if let length, length > PartSizes.usual, length <= PartSizes.maximumSinglePut,
            let spool = S3SpooledBody(client, as: name, length: length)
        {
            return spool
        }
        return try S3MultipartUpload(client, as: name, length: length)
    }

    func stage(handOff path: String, as name: BlobName) throws(BlobStoreError) -> any StagedBlob {
        let file: FileDescriptor
        do { file = try FileSystem.openRegular(path, for: .reading) } catch { throw BlobStoreError(error) }
        let size: Int64
        do { size = try file.status().size } catch { throw BlobStoreError(error) }
        if size <= PartSizes.maximumSinglePut { return S3SinglePut(file, size: size, client, as: name) }
        return try S3MultipartFile(file, size: size, client, as: name)
    }

    func open(_ name: BlobName) throws(BlobStoreError) -> any BlobReader {
        S3BlobReader(client, address.key(of: name), size: try Self.size(head(of: name)))
    }

    func path(of name: BlobName) -> String? { nil }

    func absolutePath(of name: BlobName) -> String? { nil }

    func presignedTarget(of name: BlobName) throws(BlobStoreError) -> PresignedTarget? {
        PresignedTarget(
            origin: address.origin, target: try client.presigned(address.key(of: name), lifetime: Self.lifetime))
    }

    func status(of name: BlobName) throws(BlobStoreError) -> BlobStatus {
        let head = try head(of: name)
        guard let modified = head.field("Last-Modified").flatMap({ HTTPDate($0)?.seconds }) else {
            throw BlobStoreError(.unavailable, "The storage did not report the time of a blob.")
        }
        return BlobStatus(name: name, size: try Self.size(head), modified: modified)
    }

    private static func size(_ head: HTTPHead) throws(BlobStoreError) -> Int64 {
        guard let size = head.field("Content-Length").flatMap({ Int64($0) }) else {
            throw BlobStoreError(.unavailable, "The storage did not report the size of a blob.")
        }
        return size
    }

    private func head(of name: BlobName) throws(BlobStoreError) -> HTTPHead {
        do {
            return try client.perform(S3Request("HEAD", address.key(of: name))).head
        } catch  where error.kind == .absent {
            // The answer to HEAD does not say whether the blob or the bucket is missing. This request fails without
            // bucket.
            _ = try client.perform(S3Request("GET", query: [("list-type", "2"), ("max-keys", "1")]))
            throw error
        }
    }

    /// Stores a blob of a few random bytes, reads it back and removes it.
    func probe() throws(BlobStoreError) {
        let name = BlobName.generate()
        let written = name.description.utf8Bytes
        let staged = try stage(as: name, length: Int64(written.count))
        try staged.write(written.span)
        try staged.publish()
        var buffer = Buffer(capacity: written.count + 1)
        let reader = try open(name)
        try buffer.append { (space) throws(BlobStoreError) in _ = try reader.read(at: 0, into: &space) }
        try remove(name)
        guard buffer.array == written else {
            throw BlobStoreError(.unavailable, "The storage returned different bytes than were written.")
        }
    }
}
