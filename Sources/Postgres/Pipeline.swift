// Batches of queries. A batch is one libpq pipeline, one round trip and one implicit transaction, which the Sync
// message ends.

internal import CPostgreSQL
internal import POSIX
internal import Text

extension Connection {
    /// Runs queries in order, in one round trip and in one transaction, unless a script has begun another one.
    ///
    /// A named statement that is new to the connection is prepared in the same round trip.
    ///
    /// - Parameter limit: the longest time that this batch may take. nil for the connection's.
    /// - Returns: one result for each query.
    /// - Throws: the error of the first query that failed. After `.statement` the batch is rolled back, and the
    ///   connection can nearly always be used again; see `isUsable`. After any other error the connection is lost, and
    ///   the batch may or may not have been carried out.
    public func run(_ queries: [Query], within limit: Duration? = nil) throws(PostgresError) -> [Rows] {
        if queries.isEmpty { return [] }
        try check(queries)
        let deadline = Deadline(after: limit ?? timeout)
        let prepares = try send(queries)
        let last = queries.last?.statement.name ?? ""
        Faults.point("before \(last)")
        try flush(deadline)
        Faults.point("sent \(last)")
        let results = try receive(queries, prepares, deadline)
        try refuseAfterCancellation()
        Faults.point("after \(last)")
        return results
    }

    /// Prepares named statements in advance, so that their first use is faster: `PQsendPrepare`. Does nothing if
    /// `preparesStatements` is false.
    ///
    /// - Throws: as `run(_:)`.
    public func prepare(_ statements: [Statement]) throws(PostgresError) {
        if isLost { throw PostgresError(.connection, message: "the connection is lost") }
        let statements = statements.filter { preparesStatements && !$0.name.isEmpty && !prepared.contains($0.name) }
        guard !statements.isEmpty else { return }
        let deadline = Deadline(after: timeout)
        for statement in statements {
            guard unsafe PQsendPrepare(pointer, statement.name, statement.sql, 0, nil) == 1 else {
                throw giveUp(.protocolViolation)
            }
        }
        guard unsafe PQpipelineSync(pointer) == 1 else { throw giveUp(.protocolViolation) }
        try flush(deadline)
        var failure: PostgresError?
        for statement in statements {
            if try answer(to: Query(statement), &failure, deadline) != nil { prepared.insert(statement.name) }
        }
        try finish(&failure, deadline)
        if let failure { throw failure }
    }

    /// Refuses texts with NUL before anything is sent, as libpq would cut them.
    private func check(_ queries: [Query]) throws(PostgresError) {
        if isLost { throw PostgresError(.connection, message: "the connection is lost") }
        for query in queries where query.texts.contains(where: { $0.hasByte(0) }) {
            throw PostgresError(
                .statement, sqlState: "22021", message: "invalid byte sequence for encoding \"UTF8\": 0x00")
        }
    }

    /// Buffers the batch: `PQsendPrepare`, `PQsendQueryPrepared`, `PQsendQueryParams`, `PQpipelineSync`.
    ///
    /// - Returns: the indexes of the queries whose statements are prepared first.
    private func send(_ queries: [Query]) throws(PostgresError) -> [Int] {
        var prepares: [Int] = []
        for (index, query) in queries.enumerated() {
            let statement = query.statement
            let isNamed = preparesStatements && !statement.name.isEmpty
            if isNamed && !prepared.contains(statement.name)
                && !prepares.contains(where: { queries[$0].statement.name == statement.name })
            {
                guard unsafe PQsendPrepare(pointer, statement.name, statement.sql, 0, nil) == 1 else {
                    throw giveUp(.protocolViolation)
                }
                prepares.append(index)
            }
            parameters.fill(query.parameters)
            guard send(statement, isNamed: isNamed) == 1 else { throw giveUp(.protocolViolation) }
        }
        guard unsafe PQpipelineSync(pointer) == 1 else { throw giveUp(.protocolViolation) }
        return prepares
    }

    /// Buffers one execution with the values in `parameters`. Results are requested as text.
    private func send(_ statement: Statement, isNamed: Bool) -> Int32 {
        unsafe parameters.withArrays { count, values, lengths, formats in
            if isNamed {
                unsafe PQsendQueryPrepared(pointer, statement.name, count, values, lengths, formats, 0)
            } else {
                unsafe PQsendQueryParams(pointer, statement.sql, count, nil, values, lengths, formats, 0)
            }
        }
    }

    /// Reads all results and the Sync, also after a failure, so that the connection is ready for the next batch.
    private func receive(_ queries: [Query], _ prepares: [Int], _ deadline: Deadline)
        throws(PostgresError) -> [Rows]
    {
        var results: [Rows] = []
        results.reserveCapacity(queries.count)
        var failure: PostgresError?
        var prepares = prepares[...]
        for (index, query) in queries.enumerated() {
            if prepares.first == index {
                prepares.removeFirst()
                // A rollback does not undo a prepare. The name is also kept if the server, or the one that a pooler has
                // switched to, had it before (duplicate_prepared_statement).
                let isReached = failure == nil
                let isPrepared = try answer(to: query, &failure, deadline) != nil
                if isPrepared || isReached && failure?.sqlState == "42P05" { prepared.insert(query.statement.name) }
            }
            if let handle = try answer(to: query, &failure, deadline) { results.append(Rows(handle)) }
        }
        try finish(&failure, deadline)
        if let failure { throw failure }
        return results
    }

    /// Reads the Sync, and before it the error of a failed commit, for example because of a deferred constraint.
    private func finish(_ failure: inout PostgresError?, _ deadline: Deadline) throws(PostgresError) {
        guard let handle = try nextResult(deadline) else { throw giveUp(.protocolViolation) }
        if handle.status == PGRES_PIPELINE_SYNC { return }
        guard handle.status == PGRES_FATAL_ERROR else { throw giveUp(.protocolViolation) }
        let error = recording(handle.error(for: nil))
        if isLost { throw error }
        failure = failure ?? error
        guard try nextResult(deadline) == nil, try nextResult(deadline)?.status == PGRES_PIPELINE_SYNC else {
            throw giveUp(.protocolViolation)
        }
    }

    /// Reads the result of one command.
    ///
    /// - Returns: nil if this command or an earlier one failed. `failure` then has the first error.
    private func answer(to query: Query, _ failure: inout PostgresError?, _ deadline: Deadline)
        throws(PostgresError) -> ResultHandle?
    {
        guard let handle = try nextResult(deadline) else { throw giveUp(.protocolViolation) }
        switch handle.status {
        case PGRES_TUPLES_OK, PGRES_COMMAND_OK, PGRES_EMPTY_QUERY: break
        case PGRES_FATAL_ERROR: failure = recording(handle.error(for: query))
        case PGRES_PIPELINE_ABORTED where failure != nil: break
        default: throw giveUp(.protocolViolation)
        }
        if isLost, let failure, failure.kind != .statement { throw failure }
        guard try nextResult(deadline) == nil else { throw giveUp(.protocolViolation) }
        if failure != nil { return nil }
        return consume handle
    }
}
