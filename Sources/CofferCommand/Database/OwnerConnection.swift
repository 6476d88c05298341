// The commands' connection to the database. Each transaction acts as coffer_owner, so that a command that a superuser
// runs has no more rights than it needs.

internal import CofferCore
internal import Postgres
internal import POSIX

struct OwnerConnection {
    let connection: Connection

    /// - Parameter timeout: the time limit for one statement, including its waits for locks.
    init(_ configuration: Configuration, timeout: Duration = .seconds(60)) throws(Failure) {
        do {
            connection = try Connection(
                configuration.ownerDatabaseURL, timeout: timeout, preparesStatements: false,
                applicationName: "coffer")
        } catch {
            throw Failure("The database cannot be reached: \(error.message)")
        }
    }

    /// Runs one statement as coffer_owner, in a transaction of its own.
    @discardableResult
    func call(_ sql: String, _ parameters: [Parameter] = []) throws(Failure) -> Rows {
        try mapError(to: Failure.self) {
            try connection.run([Self.becomeOwner, Query(Statement(sql: sql), parameters)])[1]
        }
    }

    /// Waits until everything that other connections have committed is on the disk. Workers commit before that, and
    /// wait afterwards.
    func waitForDisk() throws(Failure) { try call("select internal.wait_for_disk()") }

    /// Runs `body` in a transaction as coffer_owner. If it fails, the transaction is rolled back.
    func transaction<Value>(_ body: (Transaction) throws(Failure) -> Value) throws(Failure) -> Value {
        try execute("begin; set local role coffer_owner")
        do {
            let value = try body(Transaction(connection: connection))
            try execute("commit")
            return value
        } catch {
            // If this fails, the connection is lost, and the server rolls back.
            try? execute("rollback")
            throw error
        }
    }

    /// An open transaction.
    struct Transaction {
        fileprivate let connection: Connection

        @discardableResult
        func call(_ sql: String, _ parameters: [Parameter] = []) throws(Failure) -> Rows {
            try mapError(to: Failure.self) { try connection.run([Query(Statement(sql: sql), parameters)])[0] }
        }
    }

    func execute(_ script: String) throws(Failure) {
        try mapError(to: Failure.self) { try connection.execute(script: script) }
    }

    private static let becomeOwner = Query(Statement(sql: "select set_config('role', 'coffer_owner', true)"))
}

extension Failure {
    /// The failure of a statement, as a message for the operator. Errors with Coffer's own codes already have one.
    init(_ error: PostgresError) {
        let hint = error.hint.map { " \($0)" } ?? ""
        switch error.sqlState {
        case let code? where code.hasPrefix("KF"):
            self.init(error.message + hint)
        // Without a constraint, our SQL has raised it, for example for an e-mail address that is taken.
        case "23505" where error.constraint == nil: self.init(error.message + hint)
        // An undefined table, function, schema or role. The server writes in its own language.
        case "42P01", "42883", "3F000",
            "22023" where error.message.contains("coffer_owner"):
            self.init("The database lacks what this version needs (\(error.message)). Run: coffer migrate")
        default:
            self.init("The database: \(error.message)\(hint)")
        }
    }
}
