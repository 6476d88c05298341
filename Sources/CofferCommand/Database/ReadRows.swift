// How the commands read results: by column name, with errors that become failures of the command.

internal import BlobStore
internal import CofferCore
internal import Postgres
internal import POSIX

extension Rows {
    func readAll<Value>(_ read: (Row) throws -> Value) throws(Failure) -> [Value] {
        try mapError(to: Failure.self) { try map(read) }
    }

    /// Reads the first row. nil if there is no row.
    func readFirst<Value>(_ read: (Row) throws -> Value) throws(Failure) -> Value? {
        try mapError(to: Failure.self) { try first.map(read) }
    }

    /// Reads the only row.
    ///
    /// - Throws: also if there is no row, or more than one.
    func readOne<Value>(_ read: (Row) throws -> Value) throws(Failure) -> Value {
        try mapError(to: Failure.self) { try read(only()) }
    }
}

extension Row {
    func blobName(_ column: StaticString) throws(PostgresError) -> BlobName { try value(column) { BlobName($0) } }

    /// A number of files and their bytes.
    func amount(files: StaticString, bytes: StaticString) throws(PostgresError) -> Amount {
        Amount(files: try integer(files), bytes: try integer(bytes))
    }
}
