// What an upload needs: the bytes, and access to the database as the user.

public import BlobStore
public import Postgres

/// Where the bytes of an upload are.
public enum UploadSource {
    case bytes([UInt8])
    /// In a file that a web server on this host has written.
    case file(path: String)
    /// A stream that can be read only once. The function gets the number of bytes that it has delivered so far, and
    /// replaces the contents of the buffer by the next bytes. At the end it leaves the buffer empty. It throws to
    /// refuse the rest.
    case stream((_ size: Int64, _ buffer: inout [UInt8]) throws -> Void)
    /// In a blob that has arrived in several requests. Its row in the database names it until the commit, so a refused
    /// upload stays as it is.
    case unfinished(any PendingBlob, BlobName, in: any BlobStore)
    /// Lost, because the web server could not write them to a file.
    case lost

    /// Whether the bytes can be read a second time.
    var isRepeatable: Bool {
        switch self {
        case .bytes, .file: true
        case .stream, .lost, .unfinished: false
        }
    }
}

/// What an upload needs of the database, as the user who owns the file.
public protocol UploadDatabase {
    /// Runs one statement in a transaction of its own.
    func run(_ query: Query) throws -> Rows

    /// Runs the statement that stores the file, and commits it durably.
    func commit(_ query: Query) throws -> Rows

    /// Whether the error means that the database became unavailable. The statement may have been executed then.
    func isUnavailable(after error: any Error) -> Bool
}
