// The requested rows of a result, from limit, offset and the Range header, and the Content-Range of the answer.

internal import Text

public struct RowRange: Equatable, Sendable {
    public let offset: Int64
    /// The most rows to return.
    public let limit: Int64

    /// - Parameters:
    ///   - limit: ignored if it is not a number, as in PostgREST.
    ///   - offset: ignored if it is not a number. A negative offset counts as 0.
    ///   - range: the `Range` header of a GET. Other forms than `first-[last]` are ignored.
    ///   - maximum: the most rows that any request gets.
    /// - Throws: `Failure` 416 for a negative limit, and for a range that ends before it begins.
    public init(limit: String?, offset: String?, range: String?, maximum: Int64) throws(Failure) {
        let requested = limit.flatMap { Int64($0) }
        if let requested, requested < 0 {
            throw Failure(.rangeNotSatisfiable, details: "Limit should be greater than or equal to zero.")
        }
        var first = max(0, offset.flatMap { Int64($0) } ?? 0)
        var count = min(requested ?? maximum, maximum)
        if let range, let rows = try Self.rows(range) {
            let last = min(first.addingClamped(count), rows.last.map { $0.addingClamped(1) } ?? .max)
            first = max(first, rows.first)
            count = max(0, last - first)
        }
        self.offset = first
        self.limit = count
    }

    private static func rows(_ range: String) throws(Failure) -> (first: Int64, last: Int64?)? {
        let ends = range.split(separator: "-", omittingEmptySubsequences: false)
        guard ends.count == 2, ends.allSatisfy({ $0.utf8.allSatisfy(\.isASCIIDigit) }), let first = Int64(ends[0])
        else { return nil }
        let last = Int64(ends[1])
        if let last, last < first {
            throw Failure(
                .rangeNotSatisfiable,
                details: "The lower boundary must be lower than or equal to the upper boundary in the Range header.")
        }
        return (first, last)
    }

    /// The `Content-Range` of a page.
    public func contentRange(rows: Int64, total: Int64?) -> String {
        let total = total.map(String.init) ?? "*"
        return rows == 0 ? "*/\(total)" : "\(offset)-\(offset + (rows - 1))/\(total)"
    }

    /// 206 if the page is known to be a part of the rows, else 200.
    ///
    /// - Throws: `Failure` 416 if the offset is known to lie beyond the end.
    public func status(rows: Int64, total: Int64?) throws(Failure) -> Int {
        guard let total else { return 200 }
        if offset > total {
            throw Failure(
                .rangeNotSatisfiable,
                details: "An offset of \(offset) was requested, but there are only \(total) rows.",
                fields: [HeaderField("Content-Range", "*/\(total)")])
        }
        return rows < total ? 206 : 200
    }
}

extension Int64 {
    fileprivate func addingClamped(_ other: Int64) -> Int64 {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? .max : sum
    }
}
