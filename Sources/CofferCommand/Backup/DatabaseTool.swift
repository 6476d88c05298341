// pg_dump and pg_restore, which know better than we what a database consists of.

internal import CofferCore
internal import Postgres
internal import Storage
internal import POSIX

struct DatabaseTool {
    let connection: String
    let interruption: Interruption

    /// Runs one of PostgreSQL's programs against the owner's database and waits for it.
    func run(_ program: String, _ arguments: [String]) throws(Failure) {
        guard let path = Self.find(program) else {
            throw Failure("\(program) is missing: install postgresql-client.")
        }
        var environment = Environment.all().filter { !$0.key.hasPrefix("COFFER_") }
        let variables = try mapError(to: Failure.self) { try connectionEnvironment(connection) }
        environment.merge(variables) { $1 }
        let ending: Process.Ending
        do throws(SystemError) {
            let nothing = try FileSystem.open("/dev/null")
            let process = try Process.spawn(
                path, arguments: arguments, environment: environment, standardInput: nothing.number)
            ending = try wait(process)
        } catch {
            throw Failure("\(program) cannot be run: \(error)")
        }
        if interruption.isRequested { throw Failure("interrupted") }
        if ending != .exited(status: 0) { throw Failure("\(program) failed (\(ending)); see above.") }
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
        let folders = (Environment.value("PATH") ?? "/usr/bin:/bin").split(separator: ":")
        return folders.map { "\($0)/\(program)" }.first { Process.canExecute($0) }
    }
}
