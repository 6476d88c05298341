import Testing

@testable import BlobStore
@testable import HTTP

struct XMLElementTests {
    @Test func `elements, text, entities and what is none of them`() throws {
        let text = """
            <?xml version="1.0" encoding="UTF-8"?>
            <!-- no element -->
            <s3:List xmlns="http://s3.amazonaws.com/doc/2006-03-01/" a="b">
              <Name>a &lt;&amp;&#x41;&#66;&quot;&apos;&gt; &nope; &</Name><Empty/><Empty2 x="1"/>
              <Item><Key> k </Key></Item><Item><Key>l</Key></Item>
            </s3:List>
            """
        let root = try #require(XMLElement.parse(Array(text.utf8)))
        #expect(root.name == "List" && root.text == "")
        #expect(root["Name"] == "a <&AB\"'> &nope; &")
        #expect(root["Empty"] == "" && root["Empty2"] == "")
        #expect(root.all("Item").map { $0["Key"] } == [" k ", "l"])
        #expect(root["None"] == nil)
    }

    @Test(arguments: ["", "   ", "text", "<", "<a", "<a>", "<a><b></a></b>", "</a>", "<a></b>", "{\"a\":1}"])
    func `what is broken is nothing`(text: String) {
        #expect(XMLElement.parse(Array(text.utf8)) == nil)
    }

    @Test func `what is too deep is nothing`() {
        let deep = String(repeating: "<a>", count: 100_000)
        #expect(XMLElement.parse(Array(deep.utf8)) == nil)
    }
}

struct S3DateTests {
    @Test(arguments: [
        (Int64(0), "19700101T000000Z", "1970-01-01T00:00:00.000Z", "Thu, 01 Jan 1970 00:00:00 GMT"),
        (951_827_696, "20000229T123456Z", "2000-02-29T12:34:56Z", "Tue, 29 Feb 2000 12:34:56 GMT"),
        (1_369_353_600, "20130524T000000Z", "2013-05-24T00:00:00.000Z", "Fri, 24 May 2013 00:00:00 GMT"),
        (4_102_444_799, "20991231T235959Z", "2099-12-31T23:59:59.999Z", "Thu, 31 Dec 2099 23:59:59 GMT"),
    ])
    func `the same moment in all forms`(seconds: Int64, stamp: String, answer: String, field: String) {
        #expect(S3Date(seconds: seconds).stamp == stamp)
        #expect(S3Date.seconds(answer) == seconds)
        #expect(S3Date.seconds(fieldValue: field) == seconds)
    }

    @Test func `what is no date is none`() {
        #expect(S3Date.seconds("yesterday") == nil)
        #expect(S3Date.seconds(fieldValue: "yesterday") == nil)
    }
}

struct RetryScheduleTests {
    @Test func `pauses double and vary, up to the deadline`() {
        let begin = ContinuousClock.now
        var schedule = RetrySchedule(patience: .seconds(60), begin: begin)
        let pauses = (0..<8).map { _ in schedule.next(now: begin, chance: 1) }
        #expect(pauses == [100, 200, 400, 800, 1600, 3200, 5000, 5000].map { .milliseconds($0) })
        var least = RetrySchedule(patience: .seconds(60), begin: begin)
        #expect(least.next(now: begin, chance: 0) == .milliseconds(50))
    }

    @Test func `nothing begins after the deadline, nor waits beyond it`() {
        let begin = ContinuousClock.now
        var schedule = RetrySchedule(patience: .seconds(3), begin: begin)
        #expect(schedule.next(asked: .seconds(2), now: begin) == .seconds(2))
        #expect(schedule.next(asked: .seconds(4), now: begin) == nil)
        #expect(schedule.next(now: begin + .seconds(3)) == nil)
    }
}

struct PartSizesTests {
    @Test(
        arguments: [
            (0, 16), (1 << 30, 16), (167_772_160_000, 16), (167_772_160_001, 17), (251_658_240_000, 24),
        ] as [(Int64, Int)])
    func `ten thousand parts of the same size suffice`(length: Int64, mebibytes: Int) throws {
        #expect(PartSizes.size(length: length) == mebibytes << 20)
        #expect(Int64(mebibytes << 20) * 10_000 >= length)
    }

    @Test func `what two parts in memory cannot carry is refused`() {
        #expect(PartSizes.size(length: 251_658_240_001) == nil)
        #expect(PartSizes.size(place: 999) == 16 << 20 && PartSizes.size(place: 1000) == 24 << 20)
        #expect(PartSizes.size(place: 9999) == 24 << 20 && PartSizes.size(place: 10_000) == nil)
    }
}

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
    func `a refusal is final, of its kind, and without the store's prose`(
        status: Int, code: String, kind: BlobStoreError.Kind
    ) {
        let failure = failure(status, code)
        #expect(failure.error.kind == kind && !failure.mayPass)
        #expect(failure.error.message.contains("\(status)") && !failure.error.message.contains("secret"))
    }

    @Test(arguments: [
        (429, ""), (500, "InternalError"), (503, "SlowDown"), (400, "RequestTimeout"), (400, "BadDigest"),
    ])
    func `what may pass is sent again`(status: Int, code: String) {
        #expect(failure(status, code).mayPass)
        #expect(failure(status, code).error.kind == .unavailable)
        #expect(failure(503, "", [HTTPField("retry-after", "7")]).pause == .seconds(7))
    }

    @Test func `an ETag counts where it can be the digest`() {
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

struct Base64Tests {
    @Test(arguments: [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy")])
    func `the examples of RFC 4648`(text: String, encoded: String) {
        #expect(base64(Array(text.utf8)) == encoded)
    }
}
