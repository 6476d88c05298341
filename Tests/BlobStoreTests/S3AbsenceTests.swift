import TestSupport
import Testing

@testable import BlobStore

/// Objects and uploads that vanish before they are removed. Stores report that in more than one way.
struct S3AbsenceTests {
    private static let names = ["ab" + String(repeating: "0", count: 30), "cd" + String(repeating: "1", count: 30)]

    /// A bucket whose store sends these answers, in this order, and then repeats the last one.
    private func bucket(_ answers: String...) throws -> (S3BlobStore, CannedServer) {
        let server = CannedServer(answers)
        var settings = BlobStoreSettings()
        settings.retryLimit = .zero
        settings.environment = { ["AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b"][$0] }
        let store = try openBlobStore("s3://bucket/p?endpoint=\(server.url)&region=r", settings)
        return (try #require(store as? S3BlobStore), server)
    }

    private func answer(_ status: Int, _ body: String = "") -> String {
        "HTTP/1.1 \(status) x\r\nConnection: close\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"
    }

    private func refusal(_ status: Int, _ code: String) -> String {
        answer(status, "<Error><Code>\(code)</Code></Error>")
    }

    /// Two uploads, of the fourth and of the first of January 2020.
    private var twoUploads: String {
        let uploads = zip(Self.names, ["04", "01"]).map { name, day in
            "<Upload><Key>p/\(name.prefix(2))/\(name)</Key><UploadId>u\(day)</UploadId>"
                + "<Initiated>2020-01-\(day)T00:00:00.000Z</Initiated></Upload>"
        }
        return answer(200, "<ListMultipartUploadsResult>\(uploads.joined())</ListMultipartUploadsResult>")
    }

    @Test func `a store may report by 404 that it has no multipart uploads`() throws {
        let (store, server) = try bucket(refusal(404, "NoSuchUpload"))
        #expect(try store.sweepAbandonedStages() == 0)
        #expect(try store.openUploads() == OpenUploads(count: 0, oldest: nil))
        _ = server
    }

    @Test(arguments: [(404, "NoSuchUpload"), (404, ""), (400, "NoSuchUpload"), (410, "Gone")])
    func `a sweep continues after an upload that has disappeared`(status: Int, code: String) throws {
        let noParts = answer(200, "<ListPartsResult></ListPartsResult>")
        let noTails = answer(200, "<ListBucketResult></ListBucketResult>")
        // The first upload vanishes before its parts are listed, or before it is aborted. The second one is aborted.
        let (first, one) = try bucket(twoUploads, noTails, refusal(status, code), noParts, answer(204))
        #expect(try first.sweepAbandonedStages() == 1)
        let (second, other) = try bucket(twoUploads, noTails, noParts, refusal(status, code), noParts, answer(204))
        #expect(try second.sweepAbandonedStages() == 1)
        _ = (one, other)
    }

    @Test func `open uploads are counted, and the oldest is found`() throws {
        let (store, server) = try bucket(twoUploads)
        let open = try #require(try store.openUploads())
        #expect(open.count == 2 && open.since == "2020-01-01T00:00:00Z")
        #expect(try openBlobStore("file:///tmp/coffer-\(Self.names[0])", creating: true).openUploads() == nil)
        try TemporaryDirectory.remove("/tmp/coffer-\(Self.names[0])")
        _ = server
    }

    @Test(arguments: [(404, "NoSuchKey"), (404, ""), (400, "NoSuchVersion"), (410, "")])
    func `an absent blob counts as removed`(status: Int, code: String) throws {
        let (store, server) = try bucket(refusal(status, code))
        try store.remove(try names(1))
        // DeleteObjects is answered so, too.
        try store.remove(try names(2))
        _ = server
    }

    @Test func `when many blobs are removed, absent ones are ignored, and a refusal is an error`() throws {
        let result = { (codes: [String]) in
            let errors = codes.map { "<Error><Key>k</Key><Code>\($0)</Code></Error>" }.joined()
            return answer(200, "<DeleteResult>\(errors)</DeleteResult>")
        }
        let (store, server) = try bucket(
            result(["NoSuchKey", "NoSuchVersion"]), result(["NoSuchKey", "AccessDenied"]))
        try store.remove(try names(2))
        #expect(kind { try store.remove(try names(2)) } == .unavailable)
        _ = server
    }

    @Test func `a missing bucket is an error, not an empty bucket`() throws {
        let (store, server) = try bucket(refusal(404, "NoSuchBucket"))
        #expect(kind { _ = try store.sweepAbandonedStages() } == .misconfigured)
        #expect(kind { _ = try store.openUploads() } == .misconfigured)
        #expect(kind { try store.remove(try names(1)) } == .misconfigured)
        #expect(kind { try store.remove(try names(2)) } == .misconfigured)
        _ = server
    }

    private func names(_ count: Int) throws -> [BlobName] {
        try Self.names.prefix(count).map { try #require(BlobName($0)) }
    }
}
