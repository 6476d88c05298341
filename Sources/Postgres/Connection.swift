// A connection that never waits past its deadline: it is non-blocking from the first batch on, and only
// `Deadline.wait` sleeps. Pipeline.swift sends batches over it, Script.swift scripts, Transport.swift moves bytes.

internal import CPostgreSQL
internal import Glibc

/// A connection to PostgreSQL, kept in libpq's pipeline mode. It is of no use to a second thread.
///
/// It keeps nothing but the names of the statements it has prepared.
@safe public final class Connection {
    let pointer: OpaquePointer
    let timeout: Duration
    let preparesStatements: Bool
    /// Names of the statements the server holds for this connection.
    var prepared: Set<String> = []
    var parameters = ParameterBuffer()
    /// Set once the connection is of no use any more.
    var isLost = false

    /// Whether it is known to be of no use any more; other than `isUsable` this asks nobody.
    public var isGivenUp: Bool { isLost }

    /// Connects: `PQconnectdbParams`.
    ///
    /// - Parameters:
    ///   - conninfo: libpq connection string or URI. Without connect_timeout (seconds, at least 2, for each host) it
    ///     is 5, or less where `timeout` is; the encoding is always UTF-8.
    ///   - timeout: the longest time a batch or a script may take.
    ///   - preparesStatements: false sends every statement with its text, for a pooler that changes servers.
    ///   - statementTimeout: after which the server ends a statement; nil leaves it as the server is configured. It goes
    ///     with the startup packet, which some poolers refuse.
    ///   - applicationName: what pg_stat_activity shows unless `conninfo` names another.
    /// - Throws: `.timeout` or `.connection`; the message never quotes the string.
    public init(
        _ conninfo: String, timeout: Duration, preparesStatements: Bool = true, statementTimeout: Duration? = nil,
        applicationName: String
    ) throws(PostgresError) {
        self.timeout = timeout
        self.preparesStatements = preparesStatements
        // Of several settings of one name the last counts, so what the string says goes first.
        var options = [try connectionEnvironment(conninfo)["PGOPTIONS"]].compactMap { $0 }
        if let statementTimeout { options.append("-c statement_timeout=\(statementTimeout.milliseconds)") }
        let patience = min(5, max(2, timeout.components.seconds))
        // Of several values for one keyword the last counts, and dbname stands for all that the string holds.
        unsafe pointer = open([
            ("connect_timeout", String(patience)), ("fallback_application_name", applicationName), ("dbname", conninfo),
            ("client_encoding", "UTF8"), ("options", options.joined(separator: " ")),
        ])
        guard unsafe PQstatus(pointer) == CONNECTION_OK else {
            let message = unsafe oneLine(PQerrorMessage(pointer))
            throw PostgresError(message.hasSuffix("timeout expired") ? .timeout : .connection, message: message)
        }
        // A receiver instead of the default one, which prints.
        unsafe PQsetNoticeReceiver(pointer, { _, _ in }, nil)
        guard unsafe PQsetnonblocking(pointer, 1) == 0, unsafe PQenterPipelineMode(pointer) == 1 else {
            throw giveUp(.connection)
        }
    }

    deinit {
        unsafe PQfinish(pointer)
    }

    /// False after a timeout or when the connection is gone: the owner throws it away and makes another.
    ///
    /// Asked between batches, it also notices that the server has closed the connection meanwhile (a restart, say), at
    /// the cost of one poll(2), so that the next batch need not fail.
    public var isUsable: Bool {
        let now = Deadline(after: .zero)
        while !isLost, now.wait(for: .readable, on: socket) {
            // PQisBusy reads what came: a notice, a changed setting, or the reason for the end.
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
