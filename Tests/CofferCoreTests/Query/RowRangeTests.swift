import Testing

@testable import CofferCore

struct RowRangeTests {
    struct Case: Sendable {
        var limit: String?
        var offset: String?
        var range: String?
        let first: Int64
        let count: Int64
    }

    @Test(arguments: [
        Case(first: 0, count: 1000), Case(limit: "10", first: 0, count: 10), Case(limit: "0", first: 0, count: 0),
        Case(limit: "1000", first: 0, count: 1000), Case(limit: "1001", first: 0, count: 1000),
        Case(limit: "many", first: 0, count: 1000), Case(limit: "", first: 0, count: 1000),
        Case(limit: "99999999999999999999", first: 0, count: 1000), Case(offset: "5", first: 5, count: 1000),
        Case(offset: "-5", first: 0, count: 1000), Case(offset: "x", first: 0, count: 1000),
        Case(limit: "3", offset: "2", first: 2, count: 3),
        Case(offset: "9223372036854775807", first: .max, count: 1000),
        Case(range: "0-19", first: 0, count: 20), Case(range: "5-5", first: 5, count: 1),
        Case(range: "5-", first: 5, count: 995),
        Case(range: "0-1999", first: 0, count: 1000), Case(limit: "10", range: "0-19", first: 0, count: 10),
        Case(limit: "10", range: "5-19", first: 5, count: 5), Case(limit: "10", range: "10-19", first: 10, count: 0),
        Case(limit: "10", offset: "5", range: "0-9", first: 5, count: 5),
        Case(limit: "0", range: "0-9", first: 0, count: 0),
        Case(range: "bytes=0-1", first: 0, count: 1000), Case(range: "a-b", first: 0, count: 1000),
        Case(range: "-5", first: 0, count: 1000), Case(range: "1-2-3", first: 0, count: 1000),
        Case(range: "", first: 0, count: 1000),
        Case(range: "0-9223372036854775807", first: 0, count: 1000),
        Case(range: "99999999999999999999-", first: 0, count: 1000),
    ])
    func `limit, offset and range together select the rows`(wanted: Case) throws {
        let rowRange = try RowRange(limit: wanted.limit, offset: wanted.offset, range: wanted.range, maximum: 1000)
        #expect(rowRange.offset == wanted.first)
        #expect(rowRange.limit == wanted.count)
    }

    @Test(
        arguments: [
            ("-1", nil, "Limit should be greater than or equal to zero."),
            (nil, "5-4", "The lower boundary must be lower than or equal to the upper boundary in the Range header."),
        ] as [(String?, String?, String)])
    func `a negative limit and a range from high to low are refused`(limit: String?, range: String?, details: String) {
        let failure = refusal { () throws(Failure) in
            try RowRange(limit: limit, offset: nil, range: range, maximum: 1000)
        }
        #expect(failure?.kind == .rangeNotSatisfiable)
        #expect(failure?.details == details)
        #expect(failure?.fields.isEmpty == true)
    }

    @Test(
        arguments: [
            (0, 15, 15, 200, "0-14/15"), (0, 5, 15, 206, "0-4/15"), (10, 5, 15, 206, "10-14/15"),
            (15, 0, 15, 206, "*/15"),
            (0, 0, 0, 200, "*/0"), (0, 5, nil, 200, "0-4/*"), (0, 0, nil, 200, "*/*"), (100, 0, nil, 200, "*/*"),
        ] as [(Int64, Int64, Int64?, Int, String)])
    func `a page that is known to be a part of the rows is 206`(
        offset: Int64, rows: Int64, total: Int64?, status: Int, contentRange: String
    ) throws {
        let rowRange = try RowRange(limit: nil, offset: "\(offset)", range: nil, maximum: 1000)
        #expect(try rowRange.status(rows: rows, total: total) == status)
        #expect(rowRange.contentRange(rows: rows, total: total) == contentRange)
    }

    @Test func `the largest offset has a Content-Range`() throws {
        let rowRange = try RowRange(limit: nil, offset: "9223372036854775807", range: nil, maximum: 1000)
        #expect(rowRange.contentRange(rows: 1, total: nil) == "9223372036854775807-9223372036854775807/*")
    }

    @Test func `an offset beyond the end is refused with the total`() throws {
        let rowRange = try RowRange(limit: nil, offset: "100", range: nil, maximum: 1000)
        let failure = refusal { () throws(Failure) in try rowRange.status(rows: 0, total: 15) }
        #expect(failure?.kind == .rangeNotSatisfiable)
        #expect(failure?.details == "An offset of 100 was requested, but there are only 15 rows.")
        #expect(failure?.fields == [HeaderField("Content-Range", "*/15")])
    }
}
