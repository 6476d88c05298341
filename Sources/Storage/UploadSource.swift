// What an upload is made of: the bytes, and the database in the name of the user.

public import Postgres

/// Where the bytes of an upload are.
public enum UploadSource {
    case bytes([UInt8])
    /// In a file that a web server on this host has written.
    case file(path: String)
    /// To be read once, piece by piece. The function gets the number of bytes that came before, and replaces the
    /// buffer's bytes by the next ones, by none at the end. It refuses the rest by throwing.
    case stream((_ size: Int64, _ buffer: inout [UInt8]) throws -> Void)
    /// Nowhere: the web server could not write them.
    case lost

    /// Whether the bytes can be read a second time.
    var isRepeatable: Bool {
        switch self {
        case .bytes, .file: true
        case .stream, .lost: false
        }
    }
}

/// The database as an upload needs it, in the name of the user whose file is stored.
public protocol UploadDatabase {
    /// Runs one statement in a transaction of its own.
    func run(_ query: Query) throws -> Rows

    /// Runs the statement that stores the file, and commits it durably.
    func commit(_ query: Query) throws -> Rows

    /// Whether the database went away with this error, so that what was sent may or may not have been carried out.
    func isUnavailable(after error: any Error) -> Bool
}
