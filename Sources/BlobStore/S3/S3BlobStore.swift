// Blobs as objects of an S3 bucket. Nothing but connections is held between calls.
//
//     prefix/ab/ab<30 digits>     blobs
//
// A blob's name is 128 random bits, so that it is nobody else's: conditional requests, which would make sure of it, are
// ignored by several stores and turn a repeated request into a refusal.

internal import Cryptography
internal import HTTP
internal import System

final class S3BlobStore: BlobStore {
    /// For how long a web server may begin to fetch a blob. Clocks may differ by as much.
    private static let lifetime = Duration.seconds(300)

    let client: S3Client
    var address: S3Address { client.address }

    init(_ client: S3Client) { self.client = client }

    func stage(as name: BlobName, length: Int64?) throws(BlobStoreError) -> any StagedBlob {
        // Shorter bodies are kept in memory, and longer ones are sent in parts.
        if let length, length > PartSizes.usual, length <= PartSizes.longestWhole,
            let spool = S3SpooledBody(client, as: name, length: length)
        {
            return spool
        }
        return try S3MultipartUpload(client, as: name, length: length)
    }

    func adopt(bodyFile path: String, as name: BlobName) throws(BlobStoreError) -> any StagedBlob {
        let file: FileDescriptor
        do { file = try FileSystem.openRegular(path, for: .reading) } catch { throw BlobStoreError(error) }
        let size: Int64
        do { size = try file.status().size } catch { throw BlobStoreError(error) }
        if size <= PartSizes.longestWhole { return S3SinglePut(file, size: size, client, as: name) }
        return try S3MultipartFile(file, size: size, client, as: name)
    }

    func open(_ name: BlobName) throws(BlobStoreError) -> any BlobReader {
        S3BlobReader(client, address.key(of: name), size: try status(of: name).size)
    }

    func path(of name: BlobName) -> String? { nil }

    func absolutePath(of name: BlobName) -> String? { nil }

    func presignedTarget(of name: BlobName) throws(BlobStoreError) -> PresignedTarget? {
        PresignedTarget(
            origin: address.origin, target: try client.presigned(address.key(of: name), lifetime: Self.lifetime))
    }

    func status(of name: BlobName) throws(BlobStoreError) -> BlobStatus {
        let head: HTTPHead
        do {
            head = try client.perform(S3Request("HEAD", address.key(of: name))).head
        } catch  where error.kind == .absent {
            // The answer to a HEAD does not say whether it is the blob or the bucket that is missing.
            _ = try client.perform(S3Request("GET", query: [("list-type", "2"), ("max-keys", "1")]))
            throw error
        }
        guard let size = head.field("Content-Length").flatMap({ Int64($0) }) else {
            throw BlobStoreError(.unavailable, "The storage does not tell a blob's size.")
        }
        let modified = head.field("Last-Modified").flatMap { S3Date.seconds(fieldValue: $0) }
        return BlobStatus(name: name, size: size, modified: modified ?? 0)
    }

    /// Stores a few random bytes under a name of their own, reads them back and removes them.
    func probe() throws(BlobStoreError) {
        let name = try BlobName.generate()
        let written = name.description.utf8Bytes
        let staged = try stage(as: name, length: Int64(written.count))
        try staged.write(written.span)
        try staged.publish()
        var buffer = Buffer(capacity: written.count + 1)
        let reader = try open(name)
        try buffer.append { (space) throws(BlobStoreError) in _ = try reader.read(at: 0, into: &space) }
        try remove(name)
        guard buffer.array == written else {
            throw BlobStoreError(.unavailable, "The storage gave back other bytes than were written.")
        }
    }
}
