import Testing

@testable import BlobStore
@testable import HTTP

struct S3DigestsTests {
    @Test func `an ETag is compared with the MD5 unless it cannot be one`() {
        let digests = S3Digests(sha256: [], md5: [UInt8](repeating: 0xaa, count: 16))
        let md5 = String(repeating: "a", count: 32)
        let head = { (tag: String, fields: [HTTPField]) in
            HTTPHead(status: 200, fields: [HTTPField("ETag", tag)] + fields)
        }
        #expect(digests.isPlausible(head("\"\(md5)\"", [])))
        #expect(!digests.isPlausible(head("\"\(String(repeating: "b", count: 32))\"", [])))
        #expect(digests.isPlausible(head("\"\(md5)-2\"", [])))
        let encrypted = HTTPField("x-amz-server-side-encryption", "aws:kms")
        #expect(digests.isPlausible(head(String(repeating: "b", count: 32), [encrypted])))
        #expect(S3Digests(sha256: [], md5: nil).isPlausible(head(String(repeating: "b", count: 32), [])))
    }
}
