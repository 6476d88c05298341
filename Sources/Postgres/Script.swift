// Scripts for migrations. The simple query protocol takes many statements at once, but no parameters.

internal import CPostgreSQL

extension Connection {
    /// Runs several statements, separated by semicolons: `PQsendQuery`. Their results are dropped.
    ///
    /// A script without BEGIN is one transaction. If a script leaves a transaction open, or fails after BEGIN, the
    /// caller has to end the transaction.
    ///
    /// - Throws: `.statement` with the first error, and the other errors of `run(_:)`. COPY from or to the client is a
    ///   `.protocolViolation`.
    public func execute(script: String) throws(PostgresError) {
        if isLost { throw PostgresError(.connection, message: "the connection is lost") }
        let deadline = Deadline(after: timeout)
        guard unsafe PQexitPipelineMode(pointer) == 1, unsafe PQsendQuery(pointer, script) == 1 else {
            throw giveUp(.protocolViolation)
        }
        try flush(deadline)
        var failure: PostgresError?
        while let handle = try nextResult(deadline) {
            switch handle.status {
            case PGRES_TUPLES_OK, PGRES_COMMAND_OK, PGRES_EMPTY_QUERY: break
            case PGRES_FATAL_ERROR: failure = recording(handle.error(for: nil))
            default: throw giveUp(.protocolViolation)
            }
            if isLost, let failure, failure.kind != .statement { throw failure }
        }
        guard unsafe PQenterPipelineMode(pointer) == 1 else { throw giveUp(.protocolViolation) }
        if let failure { throw failure }
        try refuseAfterCancellation()
    }
}
