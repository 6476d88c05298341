import Testing

@testable import BlobStore

struct S3DateTests {
    @Test(arguments: [
        (Int64(0), "19700101T000000Z", "1970-01-01T00:00:00.000Z"),
        (951_827_696, "20000229T123456Z", "2000-02-29T12:34:56Z"),
        (1_369_353_600, "20130524T000000Z", "2013-05-24T00:00:00.000Z"),
        (4_102_444_799, "20991231T235959Z", "2099-12-31T23:59:59.999Z"),
    ])
    func `all forms of a time are the same time`(seconds: Int64, stamp: String, answer: String) {
        #expect(S3Date(seconds: seconds).stamp == stamp)
        #expect(S3Date.seconds(answer) == seconds)
    }

    @Test func `a text that is not a time is refused`() {
        #expect(S3Date.seconds("yesterday") == nil)
    }
}
