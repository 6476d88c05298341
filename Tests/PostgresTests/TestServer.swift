// Connections to the private server of this test run, and helpers for queries.

import Postgres
import TestSupport

enum TestServer {
    /// The connection string of the server, which is started on first use.
    static var conninfo: String { PrivateServer.conninfo }

    static func connect(
        _ options: String = "", timeout: Duration = .seconds(300), preparesStatements: Bool = true
    ) throws(PostgresError) -> Connection {
        try Connection(
            conninfo + " " + options, timeout: timeout, preparesStatements: preparesStatements,
            applicationName: "coffer-tests")
    }
}

extension Connection {
    /// The rows of one query.
    func rows(_ sql: String, _ parameters: [Parameter] = [], name: String = "") throws(PostgresError) -> Rows {
        try run([Query(Statement(name: name, sql: sql), parameters)])[0]
    }

    /// The text form of a query's first value. nil for null.
    func value(_ sql: String, _ parameters: [Parameter] = [], name: String = "") throws(PostgresError) -> String? {
        try rows(sql, parameters, name: name).only().texts[0]
    }

    /// The error of one query.
    func failure(_ sql: String, _ parameters: [Parameter] = [], name: String = "") -> PostgresError? {
        do throws(PostgresError) {
            _ = try rows(sql, parameters, name: name)
            return nil
        } catch {
            return error
        }
    }
}
