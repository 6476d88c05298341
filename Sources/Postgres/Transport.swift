// Moves bytes between libpq's buffers and the socket, within the deadline.

internal import CPostgreSQL

extension Connection {
    /// The descriptor to wait on: `PQsocket`.
    var socket: Int32 { unsafe PQsocket(pointer) }

    /// Sends all that is buffered, reading meanwhile so that the two sides cannot block each other: `PQflush`.
    func flush(_ deadline: Deadline) throws(PostgresError) {
        while true {
            let left = unsafe PQflush(pointer)
            if left == 0 { return }
            if left < 0 { throw giveUp(.connection) }
            try wait(for: .readableOrWritable, deadline)
            // Only a read may be due; reading nothing is no error.
            if unsafe PQconsumeInput(pointer) == 0 { throw giveUp(.connection) }
        }
    }

    /// The next result, or nil where libpq marks the end of a command's results: `PQgetResult`.
    func nextResult(_ deadline: Deadline) throws(PostgresError) -> ResultHandle? {
        while unsafe PQisBusy(pointer) == 1 {
            try wait(for: .readable, deadline)
            // At the end of the stream libpq still has to give the error that the server sent last.
            if unsafe PQconsumeInput(pointer) == 0 { break }
        }
        guard let result = unsafe PQgetResult(pointer) else { return nil }
        return unsafe ResultHandle(adopting: result)
    }

    private func wait(for event: Deadline.Event, _ deadline: Deadline) throws(PostgresError) {
        if deadline.wait(for: event, on: socket) { return }
        // The connection has no other batch: a cancellation that comes late would end that one.
        if !isLost { cancel() }
        isLost = true
        // What was cancelled says so, and nobody need wonder what became of it.
        if deadline.extended(by: .milliseconds(500)).wait(for: event, on: socket) { return }
        throw PostgresError(.timeout, message: late)
    }

    private var late: String { "no answer from the database within \(timeout)" }

    /// Marks the connection as lost; the error has libpq's own message: `PQerrorMessage`.
    func giveUp(_ kind: PostgresError.Kind) -> PostgresError {
        isLost = true
        return unsafe PostgresError(
            PQstatus(pointer) == CONNECTION_BAD ? .connection : kind, message: oneLine(PQerrorMessage(pointer)))
    }

    /// Takes note of what an error says about the connection, and returns it.
    func noting(_ error: PostgresError) -> PostgresError {
        switch error.sqlState {
        case _ where error.kind != .statement: isLost = true
        // query_canceled, at our own request.
        case "57014" where isLost: return PostgresError(.statement, sqlState: error.sqlState, message: late)
        // invalid_sql_statement_name: the server, or the one a pooler now talks to, has lost what was prepared.
        case "26000": prepared = []
        // "cached plan must not change result type": a migration has passed. Another connection has no such plan.
        case "0A000": isLost = true
        default: break
        }
        return error
    }
}
