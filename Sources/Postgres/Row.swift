// Rows read by the names of their columns. A missing column, an unexpected null or a malformed value is an error, never
// a default: an id, a size or a name that was made up does more harm than a request that fails.

extension Rows: RandomAccessCollection {
    public var startIndex: Int { 0 }
    public var endIndex: Int { count }
    public subscript(position: Int) -> Row {
        precondition(position >= 0 && position < count)
        return Row(rows: self, index: position)
    }

    /// The row of a result that must have exactly one.
    ///
    /// - Throws: `.unexpectedResult` if there is no row or more than one.
    public func only() throws(PostgresError) -> Row {
        guard count == 1 else {
            throw PostgresError(.unexpectedResult, message: "there are \(count) rows where one was expected")
        }
        return self[0]
    }
}

/// One row of a result. It keeps the result in memory instead of copying from it.
///
/// All functions throw `.unexpectedResult` if the result has no column of this name. The errors never quote a value.
public struct Row {
    fileprivate let rows: Rows
    fileprivate let index: Int

    /// The value that `convert` makes of the text form.
    ///
    /// - Throws: also for null, and if `convert` returns nil.
    @inlinable
    public func value<Value>(_ column: StaticString, _ convert: (String) -> Value?) throws(PostgresError) -> Value {
        guard let value = try optionalValue(column, convert) else { throw unexpected(column, "is null") }
        return value
    }

    /// The value that `convert` makes of the text form. nil for null.
    ///
    /// - Throws: also if `convert` returns nil.
    @inlinable
    public func optionalValue<Value>(_ column: StaticString, _ convert: (String) -> Value?) throws(PostgresError)
        -> Value?
    {
        guard let text = try optionalText(column) else { return nil }
        guard let value = convert(text) else { throw unexpected(column, "has a value that cannot be read") }
        return value
    }

    /// The text form of any type.
    ///
    /// - Throws: also for null.
    public func text(_ column: StaticString) throws(PostgresError) -> String {
        guard let text = try optionalText(column) else { throw unexpected(column, "is null") }
        return text
    }

    /// The text form of any type. nil for null.
    public func optionalText(_ column: StaticString) throws(PostgresError) -> String? {
        rows.text(index, try rows.column(column))
    }

    /// A whole number.
    ///
    /// - Throws: also for null, and for anything but a whole number of 64 bits.
    public func integer(_ column: StaticString) throws(PostgresError) -> Int64 { try value(column) { Int64($0) } }

    /// A whole number. nil for null.
    ///
    /// - Throws: also for anything but a whole number of 64 bits.
    public func optionalInteger(_ column: StaticString) throws(PostgresError) -> Int64? {
        try optionalValue(column) { Int64($0) }
    }

    /// A `boolean`.
    ///
    /// - Throws: also for null, and for values of other types.
    public func boolean(_ column: StaticString) throws(PostgresError) -> Bool {
        try value(column) { $0 == "t" ? true : $0 == "f" ? false : nil }
    }

    /// The bytes of a `bytea`.
    ///
    /// - Throws: also for null.
    public func bytes(_ column: StaticString) throws(PostgresError) -> [UInt8] {
        guard let bytes = rows.bytes(index, try rows.column(column)) else { throw unexpected(column, "is null") }
        return bytes
    }

    /// The text forms of all values, in the order of the columns; nil for null. For output whose columns the program
    /// does not know.
    public var texts: [String?] { (0..<rows.columnCount).map { rows.text(index, $0) } }

    /// A value to be read in place.
    ///
    /// - Throws: also for null.
    public func cell(_ column: StaticString) throws(PostgresError) -> Cell {
        let cell = Cell(rows: rows, row: index, column: try rows.column(column))
        if rows.isNull(index, cell.column) { throw unexpected(column, "is null") }
        return cell
    }

    @usableFromInline
    func unexpected(_ column: StaticString, _ problem: String) -> PostgresError {
        PostgresError(.unexpectedResult, message: "the column \"\(column)\" \(problem)")
    }
}

/// A value of a row that is not null.
public struct Cell {
    fileprivate let rows: Rows
    fileprivate let row: Int
    fileprivate let column: Int

    public var text: String { rows.string(row, column) }

    /// Calls `body` with the text form, which is not copied.
    public func withText<Result, Failure: Error>(_ body: (Span<UInt8>) throws(Failure) -> Result) throws(Failure)
        -> Result
    {
        try rows.withText(row, column, body)
    }
}
