// Sends and receives the bytes of libpq's buffers within the deadline.

internal import CPostgreSQL

extension Connection {
    /// The descriptor to wait for: `PQsocket`.
    var socket: Int32 { unsafe PQsocket(pointer) }

    /// Sends everything that is buffered: `PQflush`. It also reads, so that client and server cannot block each other.
    func flush(_ deadline: Deadline) throws(PostgresError) {
        while true {
            let left = unsafe PQflush(pointer)
            if left == 0 { return }
            if left < 0 { throw giveUp(.connection) }
            try wait(for: .readableOrWritable, deadline)
            // The socket may be readable or only writable. Reading nothing is not an error.
            if unsafe PQconsumeInput(pointer) == 0 { throw giveUp(.connection) }
        }
    }

    /// The next result: `PQgetResult`. nil at the end of a command's results.
    func nextResult(_ deadline: Deadline) throws(PostgresError) -> ResultHandle? {
        while unsafe PQisBusy(pointer) == 1 {
            try wait(for: .readable, deadline)
            // At the end of the stream, libpq still has the server's last error.
            if unsafe PQconsumeInput(pointer) == 0 { break }
        }
        guard let result = unsafe PQgetResult(pointer) else { return nil }
        return unsafe ResultHandle(owning: result)
    }

    private func wait(for event: Deadline.Event, _ deadline: Deadline) throws(PostgresError) {
        if deadline.wait(for: event, on: socket) { return }
        // The connection is not used again, so a late cancellation cannot end another batch.
        if !isLost { cancel() }
        isLost = true
        // If the server confirms the cancellation, it is known that the batch was not carried out.
        if deadline.extended(by: .milliseconds(500)).wait(for: event, on: socket) { return }
        throw PostgresError(.timeout, message: timeoutMessage)
    }

    /// Throws if a cancellation was sent. There are results all the same, but a commit that waits for a standby answers
    /// a cancellation with success and a mere warning: the standby may not have it.
    func refuseAfterCancellation() throws(PostgresError) {
        if isLost { throw PostgresError(.timeout, message: timeoutMessage) }
    }

    private var timeoutMessage: String { "no answer from the database within \(timeout)" }

    /// Marks the connection as lost and returns an error with libpq's message: `PQerrorMessage`.
    func giveUp(_ kind: PostgresError.Kind) -> PostgresError {
        isLost = true
        return unsafe PostgresError(
            PQstatus(pointer) == CONNECTION_BAD ? .connection : kind, message: oneLine(PQerrorMessage(pointer)))
    }

    /// Updates the state of the connection after an error, and returns the error to throw.
    func recording(_ error: PostgresError) -> PostgresError {
        switch error.sqlState {
        case _ where error.kind != .statement: isLost = true
        // query_canceled, by `cancel`.
        case "57014" where isLost:
            return PostgresError(
                .statement, sqlState: error.sqlState, message: timeoutMessage, statement: error.statement)
        // invalid_sql_statement_name: the server, or the one that a pooler has switched to, does not have a prepared
        // statement. "cached plan must not change result type": after a migration. A new connection has neither.
        case "26000", "0A000": isLost = true
        // read_only_sql_transaction: the server is a standby, or was made read-only because another one takes over. A
        // new connection finds the one that takes changes, if the connection string asks for it.
        case "25006": isLost = true
        default: break
        }
        return error
    }
}
