// A PGresult that is cleared exactly once.

internal import CPostgreSQL

/// Owns what `PQgetResult` returned.
@safe struct ResultHandle: ~Copyable {
    let pointer: OpaquePointer

    init(adopting pointer: OpaquePointer) {
        unsafe self.pointer = pointer
    }

    deinit {
        unsafe PQclear(pointer)
    }

    /// How the command ended: `PQresultStatus`.
    var status: ExecStatusType { unsafe PQresultStatus(pointer) }

    /// A field of an error: `PQresultErrorField`.
    func field(_ code: Int) -> String? {
        unsafe PQresultErrorField(pointer, Int32(code)).map { unsafe String(cString: $0) }
    }

    /// The error that a result of status PGRES_FATAL_ERROR carries.
    ///
    /// - Parameter query: the query it answers, whose values are struck out of the message.
    func error(for query: Query?) -> PostgresError {
        guard let sqlState = field(coffer_diag_sqlstate) else {
            // Only libpq itself makes an error without SQLSTATE: the connection is lost.
            return PostgresError(.connection, message: unsafe oneLine(PQresultErrorMessage(pointer)))
        }
        let severity = field(coffer_diag_severity)
        let message = field(coffer_diag_message) ?? ""
        return PostgresError(
            severity == "FATAL" || severity == "PANIC" ? .connection : .statement,
            sqlState: sqlState,
            message: query.map { redact(message, sqlState: sqlState, texts: $0.texts) } ?? message,
            detail: field(coffer_diag_detail), hint: field(coffer_diag_hint),
            constraint: field(coffer_diag_constraint))
    }
}

/// A message of libpq without its line ends.
func oneLine(_ message: UnsafePointer<CChar>?) -> String {
    guard let message = unsafe message else { return "" }
    return unsafe String(cString: message).split(whereSeparator: \.isNewline).joined(separator: "; ")
}
