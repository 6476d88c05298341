// coffer setup
//
// The work is done by a shell script, since it consists of commands that an administrator would type. This file has the
// options, for the help, the manual and the completions of shells.

internal import ArgumentParser
internal import POSIX

struct Setup: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Make what an installation lacks: database, storage, configuration, site.",
        discussion: """
            Run it as root on the machine of the workers. It inspects what is there, prints a plan with the very \
            commands and lines, asks, and then makes what is missing: the system user, the storage directory, the \
            database in the local PostgreSQL, peer authentication for it, the configuration file, roles and schema, \
            the first admin, the units of systemd and the site of nginx or Apache. It ends with a check.

            It can be run at any time, and also after an interruption or a failed step. What is there already is \
            neither changed nor removed: only missing options are added to the configuration file, and options of the \
            site that are not given stay as they were the last time. Files that change are copied to \
            /var/backups/coffer-setup first.
            """)

    enum WebServer: String, ExpressibleByArgument, CaseIterable {
        case nginx, apache, none
    }

    @Flag(help: "Carry the plan out without asking.") var yes = false
    @Option(
        help: ArgumentHelp(
            """
            The e-mail address of an admin, made if there is no such account. The password is asked for twice at a \
            terminal, otherwise read as one line from standard input.
            """,
            valueName: "email"))
    var admin: String?
    @Option(
        help: ArgumentHelp(
            """
            Where the bytes of the files are stored, if the configuration does not say it (COFFER_STORAGE_URL). A \
            directory is made for the workers' user.
            """,
            valueName: "url"))
    var storage: String?
    @Option(
        help: ArgumentHelp(
            "The port of the PostgreSQL server, if there are several. It is reached by its socket.", valueName: "port"))
    var postgresPort: Int?
    @Flag(help: "Run the workers as nginx's user www-data, so that nginx writes long uploads into the store itself.")
    var handOff = false
    @Flag(help: "Take the network from the workers, for a database and a storage directory on this machine.")
    var localOnly = false
    @Option(
        help: ArgumentHelp(
            "The web server of the site. Default: the one that is installed, nginx if both are.", valueName: "server"))
    var web: WebServer?
    @Option(help: ArgumentHelp("The host name of the site, such as files.example.org.", valueName: "host"))
    var name: String?
    @Option(
        help: ArgumentHelp(
            """
            The certificate of the site with its chain. Default: that of certbot, \
            /etc/letsencrypt/live/HOST/fullchain.pem.
            """,
            valueName: "file"))
    var certificate: String?
    @Option(
        help: ArgumentHelp("The key of the certificate. Default: privkey.pem beside it.", valueName: "file"))
    var key: String?
    @Option(
        help: ArgumentHelp(
            """
            Proxies in front of the site, as addresses or networks with commas between. The site is then plain HTTP on \
            the loopback address, and the proxy does TLS.
            """,
            valueName: "addresses"))
    var behindProxy: String?
    @Option(help: "The port of a site of plain HTTP on the loopback address. Default behind a proxy: 8080.")
    var port: Int?

    func run() throws {
        guard let program = Process.executablePath, let script = Self.script(of: program) else {
            throw Failure("There is no setup script beside this program: share/coffer/scripts/setup")
        }
        do {
            try Process.replace(with: script, arguments: ["--program", program] + words)
        } catch {
            throw Failure("\(script) cannot be run: \(error)")
        }
    }

    /// The options as the script takes them.
    private var words: [String] {
        let flags = [("--yes", yes), ("--hand-off", handOff), ("--local-only", localOnly)]
        let options = [
            ("--admin", admin), ("--storage", storage), ("--postgres-port", postgresPort.map(String.init)),
            ("--web", web?.rawValue), ("--name", name), ("--certificate", certificate), ("--key", key),
            ("--behind-proxy", behindProxy), ("--port", port.map(String.init)),
        ]
        return flags.filter(\.1).map(\.0) + options.flatMap { option in option.1.map { [option.0, $0] } ?? [] }
    }

    /// The script for a program in `lib/coffer`, or in `.build/PLATFORM/release` of a checkout.
    private static func script(of program: String) -> String? {
        let directory = program.split(separator: "/", omittingEmptySubsequences: false).dropLast()
        return ["share/coffer", ".."].lazy
            .map { (directory.dropLast(2) + [$0, "scripts/setup"]).joined(separator: "/") }
            .first { Process.canExecute($0) }
    }
}
