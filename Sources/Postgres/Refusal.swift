// Why a server refuses a connection. libpq has no field for that, only the text of the error. Its language is the
// server's, but with another verbosity libpq writes the SQLSTATE instead of it.

internal import CPostgreSQL

/// How a server has refused a connection.
public struct Refusal: Equatable, Sendable {
    /// Five characters (PostgreSQL's manual, Appendix A). `28000`: no rule of pg_hba.conf lets this user in, as with
    /// peer authentication of another user. `28P01`: the password is wrong.
    public let sqlState: String
    /// The role that was to log in.
    public let user: String
    /// Whether the connection was made by a Unix socket.
    public let isLocal: Bool

    /// Connects, and closes the connection again: `PQconnectStart`, `PQconnectPoll`.
    ///
    /// - Parameters:
    ///   - conninfo: a connection string or URI of libpq.
    ///   - limit: the longest time for the attempt, without the look-up of a host's name.
    /// - Returns: the refusal of the last host that was tried. nil if one accepts the connection or does not answer.
    public static func find(_ conninfo: String, limit: Duration) -> Refusal? {
        guard let connection = unsafe PQconnectStart(conninfo) else { return nil }
        defer { unsafe PQfinish(connection) }
        // Otherwise there may be no socket to wait for.
        guard unsafe PQstatus(connection) != CONNECTION_BAD else { return nil }
        _ = unsafe PQsetErrorVerbosity(connection, PQERRORS_SQLSTATE)
        let deadline = Deadline(after: limit)
        var state = PGRES_POLLING_WRITING
        while state == PGRES_POLLING_WRITING || state == PGRES_POLLING_READING {
            let event: Deadline.Event = state == PGRES_POLLING_READING ? .readable : .readableOrWritable
            guard unsafe deadline.wait(for: event, on: PQsocket(connection)) else { return nil }
            state = unsafe PQconnectPoll(connection)
        }
        guard state == PGRES_POLLING_FAILED, let code = unsafe sqlState(in: oneLine(PQerrorMessage(connection))),
            let user = unsafe PQuser(connection), let host = unsafe PQhost(connection)
        else { return nil }
        return unsafe Refusal(
            sqlState: code, user: String(cString: user), isLocal: String(cString: host).hasPrefix("/"))
    }

    /// `connection to server … failed: FATAL:  28000`. nil if the error is not the server's.
    private static func sqlState(in message: String) -> String? {
        guard let word = message.split(separator: " ").last, word.utf8.count == 5,
            word.utf8.allSatisfy({ (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) })
        else { return nil }
        return String(word)
    }
}
