// The result of a query. libpq keeps all values as text, and `Row` converts a value when it is read.

internal import CPostgreSQL
internal import Glibc

/// The result of a query: a collection of its rows. An index outside of it traps.
public final class Rows {
    private let handle: ResultHandle
    /// The column at which the next search begins.
    private var nextColumn = 0

    /// The number of rows: `PQntuples`.
    public let count: Int
    /// The number of columns: `PQnfields`.
    let columnCount: Int

    init(_ handle: consuming ResultHandle) {
        self.count = unsafe Int(PQntuples(handle.pointer))
        self.columnCount = unsafe Int(PQnfields(handle.pointer))
        self.handle = handle
    }

    /// The index of a column, from 0: `PQfname`. Columns are mostly read in their order, so the search begins after the
    /// last one that was found: most values need one comparison, and nothing is allocated.
    ///
    /// - Throws: `.unexpectedResult` if no column has this name.
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

    /// Whether a value is null: `PQgetisnull`.
    func isNull(_ row: Int, _ column: Int) -> Bool {
        check(row, column)
        return unsafe PQgetisnull(handle.pointer, Int32(row), Int32(column)) == 1
    }

    /// The text form of a value. nil for null.
    func text(_ row: Int, _ column: Int) -> String? {
        isNull(row, column) ? nil : string(row, column)
    }

    /// The text form of a value. Empty for null.
    func string(_ row: Int, _ column: Int) -> String {
        unsafe String(decoding: cell(row, column), as: UTF8.self)
    }

    /// The bytes of a `bytea`: `PQunescapeBytea`. nil for null.
    func bytes(_ row: Int, _ column: Int) -> [UInt8]? {
        if isNull(row, column) { return nil }
        var count = 0
        // libpq ends every value with NUL. Only a lack of memory makes this call fail.
        let text = unsafe PQgetvalue(handle.pointer, Int32(row), Int32(column))!
        let decoded = unsafe text.withMemoryRebound(to: UInt8.self, capacity: 1) { unsafe PQunescapeBytea($0, &count) }
        guard let decoded = unsafe decoded else { fatalError("out of memory") }
        defer { unsafe PQfreemem(decoded) }
        return unsafe [UInt8](UnsafeBufferPointer(start: decoded, count: count))
    }

    /// Calls `body` with the text form of a value, which is not copied. Null has no bytes.
    func withText<Result, Failure: Error>(
        _ row: Int, _ column: Int, _ body: (Span<UInt8>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        let cell = unsafe cell(row, column)
        return try unsafe body(cell.span)
    }

    /// `PQgetvalue`, `PQgetlength`. Valid as long as `self`.
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
