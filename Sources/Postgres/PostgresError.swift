// The errors of the database. `description` may be logged, as it contains no bound values.

/// A failure of the connection or of a statement.
public struct PostgresError: Error, Sendable {
    public enum Kind: String, Sendable {
        /// The connection could not be made or is lost. A running batch may or may not have been carried out.
        case connection
        /// The server did not answer in time, and a cancellation did not end the batch. The connection is lost, and the
        /// server may have carried out the batch, or may still do so.
        case timeout
        /// The server refused a statement, or cancelled it after too long. The batch is rolled back.
        case statement
        /// The server or the caller violated the protocol, for example by COPY or too many parameters. The connection
        /// is lost.
        case protocolViolation
        /// A result does not hold what the program reads from it; the batch was carried out.
        case unexpectedResult
    }

    public let kind: Kind
    /// Five characters (PostgreSQL's manual, Appendix A). nil if the error is not the server's.
    public let sqlState: String?
    /// The primary message, without bound values.
    public let message: String
    /// May contain values of rows or parameters, so it must not be logged.
    public let detail: String?
    /// The hint from the server or the SQL function.
    public let hint: String?
    /// The name of the violated constraint.
    public let constraint: String?
    /// The name of the statement that the server refused. nil if the error is of no statement.
    public let statement: String?

    public init(
        _ kind: Kind, sqlState: String? = nil, message: String, detail: String? = nil, hint: String? = nil,
        constraint: String? = nil, statement: String? = nil
    ) {
        self.kind = kind
        self.sqlState = sqlState
        self.message = message
        self.detail = detail
        self.hint = hint
        self.constraint = constraint
        self.statement = statement
    }
}

extension PostgresError: CustomStringConvertible {
    /// `kind SQLSTATE: message`, without detail and hint.
    public var description: String {
        if let sqlState { "\(kind.rawValue) \(sqlState): \(message)" } else { "\(kind.rawValue): \(message)" }
    }
}
