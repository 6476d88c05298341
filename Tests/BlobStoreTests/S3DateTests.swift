import Testing

@testable import BlobStore

struct S3DateTests {
    @Test(arguments: [
        (Int64(0), "19700101T000000Z", "1970-01-01T00:00:00.000Z", "Thu, 01 Jan 1970 00:00:00 GMT"),
        (951_827_696, "20000229T123456Z", "2000-02-29T12:34:56Z", "Tue, 29 Feb 2000 12:34:56 GMT"),
        (1_369_353_600, "20130524T000000Z", "2013-05-24T00:00:00.000Z", "Fri, 24 May 2013 00:00:00 GMT"),
        (4_102_444_799, "20991231T235959Z", "2099-12-31T23:59:59.999Z", "Thu, 31 Dec 2099 23:59:59 GMT"),
    ])
    func `all forms of a time are the same time`(seconds: Int64, stamp: String, answer: String, field: String) {
        #expect(S3Date(seconds: seconds).stamp == stamp)
        #expect(S3Date.seconds(answer) == seconds)
        #expect(S3Date.seconds(fieldValue: field) == seconds)
    }

    @Test func `a text that is not a time is refused`() {
        #expect(S3Date.seconds("yesterday") == nil)
        #expect(S3Date.seconds(fieldValue: "yesterday") == nil)
    }
}
