// The operator's way into the database: as coffer_owner, for one transaction at a time, so that a superuser who runs
// a command lends it no more rights than it needs.

internal import CofferCore
internal import Postgres
internal import POSIX

struct OwnerConnection {
    let connection: Connection

    /// - Parameter timeout: the longest time that one step may take, waiting for locks included.
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

    /// Runs `body` between begin and commit, as coffer_owner. When it fails, everything is rolled back.
    func transaction<Value>(_ body: (Transaction) throws(Failure) -> Value) throws(Failure) -> Value {
        try execute("begin; set local role coffer_owner")
        do {
            let value = try body(Transaction(connection: connection))
            try execute("commit")
            return value
        } catch {
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
    /// What a statement's failure means to the operator. Coffer's own codes carry messages that are meant to be read.
    init(_ error: PostgresError) {
        let hint = error.hint.map { " \($0)" } ?? ""
        switch error.sqlState {
        case let code? where code.hasPrefix("KF"):
            self.init(error.message + hint)
        // Without a constraint it is raised by our SQL, as for an e-mail address that is taken.
        case "23505" where error.constraint == nil: self.init(error.message + hint)
        // No such table, function, schema or role.
        case "42P01", "42883", "3F000",
            "22023" where error.message.hasPrefix("role "):
            self.init("The database lacks what this version needs (\(error.message)). Run: coffer migrate")
        default:
            self.init("The database: \(error.message)\(hint)")
        }
    }
}
