import Testing

@testable import BlobStore
@testable import HTTP

struct S3FailureTests {
    private func failure(_ status: Int, _ code: String = "", _ fields: [HTTPField] = []) -> S3Failure {
        let body = code.isEmpty ? "" : "<Error><Code>\(code)</Code><Message>secret</Message></Error>"
        return S3Failure(S3Response(head: HTTPHead(status: status, fields: fields), body: Array(body.utf8)))
    }

    @Test(arguments: [
        (404, "NoSuchKey", BlobStoreError.Kind.absent), (404, "", .absent), (404, "NoSuchBucket", .misconfigured),
        (403, "SignatureDoesNotMatch", .misconfigured), (403, "", .misconfigured),
        (301, "PermanentRedirect", .misconfigured),
        (404, "NoSuchUpload", .absent), (400, "NoSuchUpload", .absent), (500, "NoSuchKey", .absent),
        (200, "NoSuchVersion", .absent), (410, "", .absent),
        (403, "QuotaExceeded", .full), (507, "", .full), (400, "EntityTooLarge", .tooLarge), (400, "Odd", .unavailable),
    ])
    func `a final refusal has its kind, and its message leaves out the store's own`(
        status: Int, code: String, kind: BlobStoreError.Kind
    ) {
        let failure = failure(status, code)
        #expect(failure.error.kind == kind && !failure.mayPass)
        #expect(failure.error.message.contains("\(status)") && !failure.error.message.contains("secret"))
    }

    @Test(arguments: [
        (429, ""), (500, "InternalError"), (503, "SlowDown"), (400, "RequestTimeout"), (400, "BadDigest"),
    ])
    func `a temporary failure is worth a retry, after the pause that the store asks for`(status: Int, code: String) {
        #expect(failure(status, code).mayPass)
        #expect(failure(status, code).error.kind == .unavailable)
        #expect(failure(503, "", [HTTPField("retry-after", "7")]).pause == .seconds(7))
    }
}
