// Results, read in place: libpq holds all cells as text, and a cell becomes a Swift value only when asked for.

internal import CPostgreSQL
internal import Glibc

/// The result of one query. Rows and columns count from 0; one outside is a programming error and traps.
public final class Rows {
    private let handle: ResultHandle
    /// Where the search for the next column begins.
    private var nextColumn = 0

    /// The number of rows: `PQntuples`.
    public let count: Int
    /// The number of columns: `PQnfields`.
    public let columnCount: Int

    init(_ handle: consuming ResultHandle) {
        self.count = unsafe Int(PQntuples(handle.pointer))
        self.columnCount = unsafe Int(PQnfields(handle.pointer))
        self.handle = handle
    }

    /// How many rows the command returned, inserted, updated or deleted; 0 for others: `PQcmdTuples`.
    public var affected: Int {
        unsafe Int(String(cString: PQcmdTuples(handle.pointer))) ?? 0
    }

    /// The name of a column: `PQfname`.
    public func columnName(_ column: Int) -> String {
        precondition(column >= 0 && column < columnCount)
        return unsafe String(cString: PQfname(handle.pointer, Int32(column)))
    }

    /// The number of the column of this name, as it was written in the statement. Columns are mostly read in their
    /// order, so the search begins behind the last one that was found: one comparison for most values, and nothing is
    /// allocated.
    ///
    /// - Throws: `.unexpectedResult` where there is none.
    func column(_ name: StaticString) throws(PostgresError) -> Int {
        let name = unsafe UnsafeRawPointer(name.utf8Start).assumingMemoryBound(to: CChar.self)
        for step in 0..<columnCount {
            let column = (nextColumn + step) % columnCount
            if unsafe strcmp(PQfname(handle.pointer, Int32(column)), name) == 0 {
                nextColumn = column + 1
                return column
            }
        }
        throw PostgresError(
            .unexpectedResult, message: "the result has no column \"\(unsafe String(cString: name))\"")
    }

    /// Whether a cell is null: `PQgetisnull`.
    public func isNull(_ row: Int, _ column: Int) -> Bool {
        check(row, column)
        return unsafe PQgetisnull(handle.pointer, Int32(row), Int32(column)) == 1
    }

    /// A cell's text form; nil for null.
    public func text(_ row: Int, _ column: Int) -> String? {
        isNull(row, column) ? nil : string(row, column)
    }

    /// The text form; null is empty.
    func string(_ row: Int, _ column: Int) -> String {
        unsafe String(decoding: cell(row, column), as: UTF8.self)
    }

    /// A whole number; nil for null and for what is none.
    public func integer(_ row: Int, _ column: Int) -> Int64? {
        text(row, column).flatMap { Int64($0) }
    }

    /// A `boolean`; nil for null.
    public func boolean(_ row: Int, _ column: Int) -> Bool? {
        text(row, column).map { $0 == "t" }
    }

    /// The bytes of a `bytea`; nil for null: `PQunescapeBytea`.
    public func bytes(_ row: Int, _ column: Int) -> [UInt8]? {
        if isNull(row, column) { return nil }
        var count = 0
        // libpq ends every cell with NUL. Only a lack of memory makes this call fail.
        let text = unsafe PQgetvalue(handle.pointer, Int32(row), Int32(column))!
        let decoded = unsafe text.withMemoryRebound(to: UInt8.self, capacity: 1) { unsafe PQunescapeBytea($0, &count) }
        guard let decoded = unsafe decoded else { fatalError("out of memory") }
        defer { unsafe PQfreemem(decoded) }
        return unsafe [UInt8](UnsafeBufferPointer(start: decoded, count: count))
    }

    /// Lends a cell's text form without a copy; null has no bytes.
    public func withText<Result, Failure: Error>(
        _ row: Int, _ column: Int, _ body: (Span<UInt8>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        let cell = unsafe cell(row, column)
        return try unsafe body(cell.span)
    }

    /// `PQgetvalue`, `PQgetlength`: valid as long as `self`.
    private func cell(_ row: Int, _ column: Int) -> UnsafeBufferPointer<UInt8> {
        check(row, column)
        let start = unsafe UnsafeRawPointer(PQgetvalue(handle.pointer, Int32(row), Int32(column))!)
        let count = unsafe Int(PQgetlength(handle.pointer, Int32(row), Int32(column)))
        return unsafe UnsafeBufferPointer(start: start.assumingMemoryBound(to: UInt8.self), count: count)
    }

    private func check(_ row: Int, _ column: Int) {
        precondition(row >= 0 && row < count && column >= 0 && column < columnCount)
    }
}
