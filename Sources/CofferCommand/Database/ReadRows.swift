// Results as the commands read them: by column names, and with failures in the command's words.

internal import BlobStore
internal import CofferCore
internal import Postgres
internal import POSIX

extension Rows {
    func readAll<Value>(_ read: (Row) throws -> Value) throws(Failure) -> [Value] {
        try mapError(to: Failure.self) { try map(read) }
    }

    /// nil where there is no row.
    func readFirst<Value>(_ read: (Row) throws -> Value) throws(Failure) -> Value? {
        try mapError(to: Failure.self) { try first.map(read) }
    }

    /// Of a result that has one row.
    func readOne<Value>(_ read: (Row) throws -> Value) throws(Failure) -> Value {
        try mapError(to: Failure.self) { try read(only()) }
    }
}

extension Row {
    func blobName(_ column: StaticString) throws(PostgresError) -> BlobName { try value(column) { BlobName($0) } }

    /// How many files there are, and how many bytes they have.
    func amount(files: StaticString, bytes: StaticString) throws(PostgresError) -> Amount {
        Amount(files: try integer(files), bytes: try integer(bytes))
    }
}

extension Failure: MappedError {
    init(mapping error: any Error) {
        switch error {
        case let error as Failure: self = error
        case let error as PostgresError: self.init(error)
        case let error as BlobStoreError: self.init(error)
        default: self.init("\(error)")
        }
    }
}
