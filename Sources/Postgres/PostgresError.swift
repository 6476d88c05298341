// What can go wrong with the database, in a form that may be logged: no bound value is in `description`.

/// A failure of the connection or of a statement.
public struct PostgresError: Error, Sendable {
    public enum Kind: String, Sendable {
        /// The connection could not be made or is gone. A batch under way may or may not have been carried out.
        case connection
        /// The server did not answer in time, not even to a cancellation. The connection is given up; the server may still
        /// carry out the batch.
        case timeout
        /// The server refused a statement, or cancelled it as it took too long; the batch is rolled back.
        case statement
        /// The server or the caller left the protocol (COPY, too many parameters); the connection is given up.
        case protocolViolation
    }

    public let kind: Kind
    /// Five characters (PostgreSQL, Appendix A), nil when the failure does not come from the server.
    public let sqlState: String?
    /// The primary message, with bound values struck out.
    public let message: String
    /// May hold values of rows or parameters: never log it.
    public let detail: String?
    /// Written by whoever wrote the statement or function.
    public let hint: String?
    /// The name of the violated constraint.
    public let constraint: String?

    public init(
        _ kind: Kind, sqlState: String? = nil, message: String, detail: String? = nil, hint: String? = nil,
        constraint: String? = nil
    ) {
        self.kind = kind
        self.sqlState = sqlState
        self.message = message
        self.detail = detail
        self.hint = hint
        self.constraint = constraint
    }
}

extension PostgresError: CustomStringConvertible {
    /// `kind SQLSTATE: message`, without detail and hint.
    public var description: String {
        if let sqlState { "\(kind.rawValue) \(sqlState): \(message)" } else { "\(kind.rawValue): \(message)" }
    }
}
