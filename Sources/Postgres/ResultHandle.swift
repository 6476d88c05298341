// A PGresult that is cleared exactly once.

internal import CPostgreSQL

/// Owns a result of `PQgetResult`.
@safe struct ResultHandle: ~Copyable {
    let pointer: OpaquePointer

    init(owning pointer: OpaquePointer) {
        unsafe self.pointer = pointer
    }

    deinit {
        unsafe PQclear(pointer)
    }

    /// The command's outcome: `PQresultStatus`.
    var status: ExecStatusType { unsafe PQresultStatus(pointer) }

    /// A field of an error: `PQresultErrorField`.
    func field(_ code: Int) -> String? {
        unsafe PQresultErrorField(pointer, Int32(code)).map { unsafe String(cString: $0) }
    }

    /// The error of a result with status PGRES_FATAL_ERROR.
    ///
    /// - Parameter query: the failed query, whose values are removed from the message.
    func error(for query: Query?) -> PostgresError {
        guard let sqlState = field(coffer_diag_sqlstate) else {
            // Only libpq's own errors have no SQLSTATE. Then the connection is lost.
            return PostgresError(.connection, message: unsafe oneLine(PQresultErrorMessage(pointer)))
        }
        let severity = field(coffer_diag_severity)
        let message = field(coffer_diag_message) ?? ""
        return PostgresError(
            severity == "FATAL" || severity == "PANIC" ? .connection : .statement,
            sqlState: sqlState,
            message: query.map { redact(message, sqlState: sqlState, texts: $0.texts) } ?? message,
            detail: field(coffer_diag_detail), hint: field(coffer_diag_hint),
            constraint: field(coffer_diag_constraint), statement: query?.statement.name)
    }
}

/// A message of libpq on one line.
func oneLine(_ message: UnsafePointer<CChar>?) -> String {
    guard let message = unsafe message else { return "" }
    return unsafe String(cString: message).split(whereSeparator: \.isNewline).joined(separator: "; ")
}
