import POSIX
import TestSupport
import Testing

@testable import BlobStore

/// Copies in a bucket: what is asked of the store, and what it may answer.
struct S3CopiesTests {
    private static let source = BlobName("ab" + String(repeating: "0", count: 30))!
    private static let target = BlobName("cd" + String(repeating: "1", count: 30))!

    private func bucket(_ answers: [String], retryLimit: Duration = .zero) throws -> (S3BlobStore, CannedServer) {
        let server = CannedServer(answers)
        var settings = BlobStoreSettings()
        settings.retryLimit = retryLimit
        settings.environment = { ["AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b"][$0] }
        let store = try openBlobStore("s3://bucket/p?endpoint=\(server.url)&region=r", settings)
        return (try #require(store as? S3BlobStore), server)
    }

    private func answer(_ status: Int, _ body: String = "", length: Int? = nil) -> String {
        "HTTP/1.1 \(status) x\r\nConnection: close\r\nContent-Length: \(length ?? body.utf8.count)\r\n\r\n\(body)"
    }

    private let copied = "<CopyObjectResult><ETag>\"e\"</ETag></CopyObjectResult>"

    private func copy(_ store: S3BlobStore, size: Int64 = 10, partSize: Int64 = 100) throws {
        try store.copy([BlobCopy(from: Self.source, to: Self.target, size: size)], partSize: partSize)
    }

    @Test func `a failure in the body of a 200 is a failure, and is sent again`() throws {
        let refusal = answer(200, "<Error><Code>InternalError</Code></Error>")
        let (once, one) = try bucket([refusal])
        #expect(kind { try copy(once) } == .unavailable)
        let (again, other) = try bucket(
            [refusal, answer(200, copied), answer(200, length: 10)], retryLimit: .seconds(5))
        try copy(again)
        _ = (one, other)
    }

    @Test func `a copy of another size is refused`() throws {
        let (store, server) = try bucket([answer(200, copied), answer(200, length: 9)])
        #expect(kind { try copy(store) } == .unavailable)
        _ = server
    }

    @Test func `a source that is gone is absent`() throws {
        let (store, server) = try bucket([answer(404, "<Error><Code>NoSuchKey</Code></Error>")])
        #expect(kind { try copy(store) } == .absent)
        _ = server
    }

    @Test func `a part that the store does not confirm is an error`() throws {
        let begun = answer(200, "<InitiateMultipartUploadResult><UploadId>u</UploadId></InitiateMultipartUploadResult>")
        let (store, server) = try bucket([begun, answer(200, "<CopyPartResult></CopyPartResult>"), answer(204)])
        #expect(kind { try copy(store, size: 10, partSize: 9) } == .unavailable)
        _ = server
    }

    /// With real servers, in parts that are as small as S3 allows. The last one is shorter.
    @Test(arguments: ConformanceTests.stores.filter { $0.url.hasPrefix("s3") })
    func `a long blob is copied in parts`(store: ConformanceTests.Store) throws {
        let blobs = try #require(try store.open() as? S3BlobStore)
        let bytes = pattern(23 << 20)
        let (source, target) = (BlobName.generate(), BlobName.generate())
        let staged = try blobs.stage(as: source, length: Int64(bytes.count))
        try staged.write(bytes.span)
        try staged.publish()
        let digest = try staged.finish().sha256
        try blobs.copy([BlobCopy(from: source, to: target, size: Int64(bytes.count))], partSize: 5 << 20)
        try blobs.remove(source)
        let reader = try blobs.open(target)
        #expect(reader.size == bytes.count)
        var content = ContentDigest()
        var buffer = Buffer(capacity: 1 << 20)
        for offset in stride(from: 0, to: reader.size, by: 1 << 20) {
            buffer.removeAll()
            try buffer.append { space throws(BlobStoreError) in _ = try reader.read(at: offset, into: &space) }
            buffer.withBytes { content.update($0) }
        }
        #expect(content.finish().sha256 == digest)
        try blobs.remove(target)
        let again = BlobCopy(from: source, to: target, size: Int64(bytes.count))
        #expect(kind { try blobs.copy([again], partSize: 5 << 20) } == .absent)
        #expect(try blobs.openUploads()?.count == 0, "what failed is aborted")
        #expect(kind { _ = try blobs.status(of: target) } == .absent)
    }
}
