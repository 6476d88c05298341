// Rows read by the names of their columns. What a program reads and a result does not hold is an error and never a
// default: an id, a size or a name that was made up does more harm than an answer that fails.

extension Rows: RandomAccessCollection {
    public var startIndex: Int { 0 }
    public var endIndex: Int { count }
    public subscript(position: Int) -> Row {
        precondition(position >= 0 && position < count)
        return Row(rows: self, index: position)
    }

    /// The one row of a result that has one.
    ///
    /// - Throws: `.unexpectedResult` for none and for several.
    public func only() throws(PostgresError) -> Row {
        guard count == 1 else {
            throw PostgresError(.unexpectedResult, message: "there are \(count) rows where one was expected")
        }
        return self[0]
    }
}

/// One row of a result. It makes no copy; its result stays in memory as long as it does.
///
/// All functions throw `.unexpectedResult` where there is no such column. No error quotes a value.
public struct Row {
    fileprivate let rows: Rows
    fileprivate let index: Int

    /// - Throws: also for null, and where `convert` gives nil.
    public func value<Value>(_ column: StaticString, _ convert: (String) -> Value?) throws(PostgresError) -> Value {
        guard let value = try optionalValue(column, convert) else { throw unexpected(column, "is null") }
        return value
    }

    /// nil for null.
    ///
    /// - Throws: also where `convert` gives nil.
    public func optionalValue<Value>(_ column: StaticString, _ convert: (String) -> Value?) throws(PostgresError)
        -> Value?
    {
        guard let text = try optionalText(column) else { return nil }
        guard let value = convert(text) else { throw unexpected(column, "does not hold what is read from it") }
        return value
    }

    /// The text form of any type.
    ///
    /// - Throws: also for null.
    public func text(_ column: StaticString) throws(PostgresError) -> String {
        guard let text = try optionalText(column) else { throw unexpected(column, "is null") }
        return text
    }

    /// The text form of any type; nil for null.
    public func optionalText(_ column: StaticString) throws(PostgresError) -> String? {
        rows.text(index, try rows.column(column))
    }

    /// - Throws: also for null, and for what is not a whole number of 64 bits.
    public func integer(_ column: StaticString) throws(PostgresError) -> Int64 { try value(column) { Int64($0) } }

    /// nil for null.
    ///
    /// - Throws: also for what is not a whole number of 64 bits.
    public func optionalInteger(_ column: StaticString) throws(PostgresError) -> Int64? {
        try optionalValue(column) { Int64($0) }
    }

    /// - Throws: also for null, and for what is not a `boolean`.
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

    /// A value that is read in place.
    ///
    /// - Throws: also for null.
    public func cell(_ column: StaticString) throws(PostgresError) -> Cell {
        let cell = Cell(rows: rows, row: index, column: try rows.column(column))
        if rows.isNull(index, cell.column) { throw unexpected(column, "is null") }
        return cell
    }

    private func unexpected(_ column: StaticString, _ problem: String) -> PostgresError {
        PostgresError(.unexpectedResult, message: "the column \"\(column)\" \(problem)")
    }
}

/// A value of a row that is not null.
public struct Cell {
    fileprivate let rows: Rows
    fileprivate let row: Int
    fileprivate let column: Int

    public var text: String { rows.string(row, column) }

    /// Lends the text form without a copy.
    public func withText<Result, Failure: Error>(_ body: (Span<UInt8>) throws(Failure) -> Result) throws(Failure)
        -> Result
    {
        try rows.withText(row, column, body)
    }
}
