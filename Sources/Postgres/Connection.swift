// A connection that does not wait longer than its deadline. It is non-blocking once it is open, and only
// `Deadline.wait` sleeps. Pipeline.swift runs batches, Script.swift runs scripts, and Transport.swift sends and
// receives bytes.

internal import CPostgreSQL
internal import Glibc

/// A connection to PostgreSQL in libpq's pipeline mode. Only one thread may use it.
@safe public final class Connection {
    let pointer: OpaquePointer
    let timeout: Duration
    let preparesStatements: Bool
    /// The names of the statements that the server has prepared for this connection.
    var prepared: Set<String> = []
    var parameters = ParameterBuffer()
    /// Set when the connection cannot be used any more.
    var isLost = false

    private var wasReadOnly = false

    /// Whether the connection is known to be lost. Unlike `isUsable`, this does not look at the socket.
    public var isGivenUp: Bool { isLost }

    /// Whether the server was made read-only after it had accepted this connection, so that another one may have taken
    /// over. The server reports that with the first batch after it, whose results may be out of date. False behind a
    /// pooler.
    public var hasBecomeReadOnly: Bool { !wasReadOnly && isReadOnly }

    /// `PQparameterStatus`.
    private var isReadOnly: Bool {
        guard let value = unsafe PQparameterStatus(pointer, "default_transaction_read_only") else { return false }
        return unsafe strcmp(value, "on") == 0
    }

    /// Connects: `PQconnectdbParams`.
    ///
    /// - Parameters:
    ///   - conninfo: a connection string or URI of libpq. Its `connect_timeout` defaults to 5 seconds for each host, or
    ///     to `timeout` if that is shorter, but to at least 2 seconds. The encoding is always UTF-8.
    ///   - timeout: the longest time that a batch or a script may take, unless `run` is given another one.
    ///   - preparesStatements: false sends every statement with its text, for a pooler that changes servers.
    ///   - settings: the server's settings for this connection by name, such as `["statement_timeout": "9s"]`. They
    ///     outweigh those of the connection string. With any, the server also ends what a host that is cut off has
    ///     left. They are sent in the startup packet, which some poolers refuse.
    ///   - applicationName: the name in pg_stat_activity, unless `conninfo` has another one.
    /// - Throws: `.timeout` or `.connection`. The message never contains the connection string.
    public init(
        _ conninfo: String, timeout: Duration, preparesStatements: Bool = true,
        settings: KeyValuePairs<String, String> = [:], applicationName: String
    ) throws(PostgresError) {
        self.timeout = timeout
        self.preparesStatements = preparesStatements
        // The last of several settings counts, so those of the connection string come first.
        var options = [try connectionEnvironment(conninfo)["PGOPTIONS"]].compactMap { $0 }
        if !settings.isEmpty {
            options = [Self.endOfLostClients] + options + settings.map { "-c \($0)=\($1)" }
        }
        let connectTimeout = min(5, max(2, timeout.components.seconds))
        // The last of several values for a keyword counts. dbname is expanded to everything in the connection string.
        unsafe pointer = open([
            ("connect_timeout", String(connectTimeout)), ("fallback_application_name", applicationName),
            ("dbname", conninfo), ("client_encoding", "UTF8"), ("options", options.joined(separator: " ")),
        ])
        guard unsafe PQstatus(pointer) == CONNECTION_OK else {
            let message = unsafe oneLine(PQerrorMessage(pointer))
            throw PostgresError(message.hasSuffix("timeout expired") ? .timeout : .connection, message: message)
        }
        // The default receiver prints to stderr.
        unsafe PQsetNoticeReceiver(pointer, { _, _ in }, nil)
        guard unsafe PQsetnonblocking(pointer, 1) == 0, unsafe PQenterPipelineMode(pointer) == 1 else {
            throw giveUp(.connection)
        }
        wasReadOnly = isReadOnly
    }

    /// A client that is cut off, or that freezes, closes no connection, and its open transaction would keep its locks:
    /// for two hours, by the default of TCP. The server finds the first after 20 seconds. No work of a living client
    /// between two statements takes as long as the second.
    private static let endOfLostClients =
        "-c tcp_keepalives_idle=5 -c tcp_keepalives_interval=5 -c tcp_keepalives_count=3 -c tcp_user_timeout=20000"
        + " -c idle_in_transaction_session_timeout=300000"

    /// The number of the server's process for this connection, as the server said when it was made: `PQbackendPID`. A
    /// pooler in between says another one than `pg_backend_pid()`.
    public var serverProcess: Int64 { Int64(unsafe PQbackendPID(pointer)) }

    deinit {
        unsafe PQfinish(pointer)
    }

    /// False after a timeout or if the connection is broken. Then the owner needs a new connection.
    ///
    /// Between batches this also finds, by one poll(2), that the server has closed the connection, for example because
    /// of a restart. So the next batch need not fail.
    public var isUsable: Bool {
        let now = Deadline(after: .zero)
        while !isLost, now.wait(for: .readable, on: socket) {
            // PQisBusy processes the input: a notice, a changed setting, or the reason for the end.
            if unsafe PQconsumeInput(pointer) == 0 || PQisBusy(pointer) == 1 { isLost = true }
        }
        return !isLost
    }
}

extension Duration {
    /// Whole milliseconds.
    public var milliseconds: Int64 { components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000 }
}

/// `PQconnectdbParams`, with dbname expanded.
private func open(_ options: [(keyword: StaticString, value: String)]) -> OpaquePointer {
    let keywords: [UnsafePointer<CChar>?] = unsafe options.map {
        unsafe UnsafeRawPointer($0.keyword.utf8Start).assumingMemoryBound(to: CChar.self)
    }
    let values = unsafe options.map { unsafe strdup($0.value) }
    defer { for index in unsafe values.indices { unsafe free(values[index]) } }
    let connection = unsafe PQconnectdbParams(keywords + [nil], values.map { unsafe UnsafePointer($0) } + [nil], 1)
    guard let connection = unsafe connection else { fatalError("out of memory") }
    return unsafe connection
}
