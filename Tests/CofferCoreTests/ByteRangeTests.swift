import Testing

@testable import CofferCore

struct ByteRangeTests {
    private static func part(_ offset: Int64, _ length: Int64) -> ByteRange.Outcome {
        .part(ByteRange(offset: offset, length: length))
    }

    @Test(arguments: [
        ("bytes=0-0", part(0, 1)), ("bytes=0-9", part(0, 10)), ("bytes=2-4", part(2, 3)), ("bytes=9-9", part(9, 1)),
        ("bytes=5-", part(5, 5)), ("bytes=0-", part(0, 10)), ("bytes=5-99", part(5, 5)), ("bytes=-1", part(9, 1)),
        ("bytes=-10", part(0, 10)), ("bytes=-99", part(0, 10)), ("bytes= 2-4 ", part(2, 3)),
        ("bytes=02-04", part(2, 3)), ("Bytes=2-4", part(2, 3)),
        ("bytes=5-99999999999999999999999", part(5, 5)), ("bytes=-99999999999999999999999", part(0, 10)),
        ("bytes=9-9223372036854775807", part(9, 1)),
    ])
    func `a range is cut at the end of the file`(field: String, outcome: ByteRange.Outcome) {
        #expect(ByteRange.evaluate(field, size: 10) == outcome)
    }

    @Test(arguments: [
        "bytes=10-", "bytes=10-20", "bytes=-0", "bytes=9223372036854775807-", "bytes=99999999999999999999999-",
        "bytes=99999999999999999999999-99999999999999999999999",
    ])
    func `a range beyond the end, and one of zero bytes, cannot be satisfied`(field: String) {
        #expect(ByteRange.evaluate(field, size: 10) == .notSatisfiable)
    }

    @Test(
        arguments: [
            nil, "", "bytes", "bytes=", "bytes=-", "bytes=a-b", "bytes=1", "bytes=4-2", "bytes=0-1,4-5",
            "bytes=0-1, -1",
            "bytes=--1", "bytes=+1-2", "bytes=1-2-3", "bytes=1 -2", "bytes =1-2", "items=0-1", "0-1", "bytes=0x1-2",
            "bytes=１-2",
        ] as [String?])
    func `other units, several ranges and invalid syntax mean the whole file`(field: String?) {
        #expect(ByteRange.evaluate(field, size: 10) == .whole)
    }

    @Test(arguments: ["bytes=0-", "bytes=0-0", "bytes=-1", "bytes=1-"])
    func `no range of an empty file can be satisfied`(field: String) {
        #expect(ByteRange.evaluate(field, size: 0) == .notSatisfiable)
    }

    @Test func `the largest file has a last byte`() {
        #expect(ByteRange.evaluate("bytes=-1", size: .max) == Self.part(.max - 1, 1))
        #expect(ByteRange.evaluate("bytes=0-", size: .max) == Self.part(0, .max))
        #expect(
            ByteRange.evaluate("bytes=9223372036854775806-9223372036854775807", size: .max) == Self.part(.max - 1, 1))
    }

    @Test(
        arguments: [
            (nil, true), (#""now""#, true), (#""old""#, false), (#"W/"now""#, false),
            (#" "now" "#, true), ("Sun, 06 Nov 1994 08:49:37 GMT", false), (#""now", "old""#, false),
            (#""now","#, false), ("*", false), ("", false), ("now", false),
        ] as [(String?, Bool)])
    func `If-Range allows a range for an equal strong tag, and never for a date`(field: String?, allowed: Bool) {
        #expect(ByteRange.isAllowed(ifRange: field, tag: "now") == allowed)
    }

    @Test(arguments: ["bytes=0-0", "bytes=5-", "bytes=-1", "bytes=0-999999999999999999", "bytes=007-8"])
    func `a range in the usual form is plain`(field: String) { #expect(ByteRange.isPlain(field)) }

    @Test(arguments: [
        "bytes=0-1000000000000000000", "bytes=0-99999999999999999999", "bytes=-99999999999999999999", "bytes= 2-4",
        "bytes=2-4 ", "Bytes=2-4", "bytes=0-1,3-4", "bytes=1-2-3", "bytes=", "bytes=1", "bytes=a-b", "items=0-1", "",
        "bytes=１-2",
    ])
    func `a range in another form is not plain`(field: String) {
        #expect(!ByteRange.isPlain(field))
    }
}
