// Scripts, for migrations: the simple protocol takes many statements at once, but no parameters.

internal import CPostgreSQL

extension Connection {
    /// Runs several statements, separated by semicolons: `PQsendQuery`. What they return is dropped.
    ///
    /// Without BEGIN in it a script is one transaction. A transaction that it leaves open, or that fails after its
    /// BEGIN, stays the caller's to end.
    ///
    /// - Throws: `.statement` with the first error; others as `run(_:)`. COPY from or to the client is a `.protocolViolation`.
    public func execute(script: String) throws(PostgresError) {
        if isLost { throw PostgresError(.connection, message: "the connection was given up") }
        let deadline = Deadline(after: timeout)
        guard unsafe PQexitPipelineMode(pointer) == 1, unsafe PQsendQuery(pointer, script) == 1 else {
            throw giveUp(.protocolViolation)
        }
        try flush(deadline)
        var failure: PostgresError?
        while let handle = try nextResult(deadline) {
            switch handle.status {
            case PGRES_TUPLES_OK, PGRES_COMMAND_OK, PGRES_EMPTY_QUERY: break
            case PGRES_FATAL_ERROR: failure = noting(handle.error(for: nil))
            default: throw giveUp(.protocolViolation)
            }
            if isLost, let failure, failure.kind != .statement { throw failure }
        }
        guard unsafe PQenterPipelineMode(pointer) == 1 else { throw giveUp(.protocolViolation) }
        if let failure { throw failure }
    }
}
