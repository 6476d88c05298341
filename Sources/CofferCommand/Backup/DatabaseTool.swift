// Runs pg_dump and pg_restore.

internal import CofferCore
internal import Postgres
internal import Storage
internal import POSIX

struct DatabaseTool {
    /// The URL of the owner's database.
    let connection: String
    let interruption: Interruption

    /// Runs one of PostgreSQL's programs with the database's connection in its environment, and waits for it.
    ///
    /// - Throws: also if the program fails, or if the operator interrupts, which terminates the program.
    func run(_ program: String, _ arguments: [String]) throws(Failure) {
        guard let path = Self.find(program) else {
            throw Failure("\(program) is missing: install postgresql-client.")
        }
        var environment = Environment.all().filter { !$0.key.hasPrefix("COFFER_") }
        let variables = try mapError(to: Failure.self) { try connectionEnvironment(connection) }
        environment.merge(variables) { $1 }
        let ending = try mapError(as: "\(program) cannot be run") { try run(path, arguments, environment) }
        if interruption.isRequested { throw Failure("interrupted") }
        if ending != .exited(status: 0) { throw Failure("\(program) failed (\(ending)); see above.") }
    }

    private func run(
        _ path: String, _ arguments: [String], _ environment: [String: String]
    ) throws(SystemError) -> Process.Ending {
        let input = try FileSystem.open("/dev/null")
        let process = try Process.spawn(
            path, arguments: arguments, environment: environment, standardInput: input.number)
        return try wait(process)
    }

    private func wait(_ process: Process) throws(SystemError) -> Process.Ending {
        while !interruption.isRequested {
            if let ending = try process.ending() { return ending }
            Clock.sleep(.milliseconds(50))
        }
        try process.send(.terminate)
        return try process.wait()
    }

    private static func find(_ program: String) -> String? {
        let directories = (Environment.value("PATH") ?? "/usr/bin:/bin").split(separator: ":")
        return directories.map { "\($0)/\(program)" }.first { Process.canExecute($0) }
    }
}
