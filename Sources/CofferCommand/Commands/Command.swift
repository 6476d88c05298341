// The operator's command: its subcommands and its exit status.

internal import ArgumentParser
internal import CofferCore
internal import POSIX

/// The whole of `coffer`.
public enum Command {
    /// Parses the arguments, runs the command and exits: 0 for success, 1 for failure, 64 for invalid arguments.
    public static func main() -> Never {
        do {
            var command = try Coffer.parseAsRoot()
            try command.run()
        } catch let failure as Failure {
            StandardError.write(line: "coffer: \(failure.message)", .error)
            Coffer.exit(withError: ExitCode.failure)
        } catch {
            // For the parser, help, version and invalid arguments are errors, too. It prints them.
            Coffer.exit(withError: error)
        }
        Coffer.exit()
    }
}

struct Coffer: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "coffer", abstract: "Private file storage behind your web server.",
        discussion: """
            Coffer reads its options from the environment and from the file named by COFFER_CONFIG \
            (default: /etc/coffer/coffer.conf). `coffer config` shows all of them.
            """,
        version: version,
        subcommands: [
            Serve.self, Migrate.self, User.self, Session.self, Key.self, Audit.self, Backup.self, Check.self,
            CollectGarbage.self, Stats.self,
            Config.self, Doctor.self, Export.self, Import.self, Restore.self, Setup.self, StorageCommand.self,
        ])
}
