// coffer doctor

internal import ArgumentParser
internal import CofferCore

struct Doctor: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Find out what is wrong with the installation, and how to mend it.",
        discussion: """
            Checks the configuration, the database, the stores, the workers and the site under its public URL. It \
            changes nothing and leaves nothing behind. Failures come first. What this host or this user cannot find \
            out is shown with a command to run elsewhere. COFFER_DOCTOR_SILENCED names checks whose outcome does not \
            count. The exit status is 0 if nothing is wrong, 1 after an error, and 2 after warnings only.
            """)

    @Option(help: "The site's URL (COFFER_PUBLIC_URL).") var url: String?
    @Option(help: ArgumentHelp("Connect there instead of to the URL's host.", valueName: "address:port"))
    var connect: String?
    @Option(help: ArgumentHelp("Certificates (PEM) to trust for the site, instead of the system's.", valueName: "file"))
    var caFile: String?
    @Option(
        help: ArgumentHelp(
            "Also check uploads and downloads, with a session of a minute as this account.", valueName: "email"))
    var user: String?
    @Flag(name: .shortAndLong, help: "Show all checks, also those that passed.") var verbose = false
    @Flag(help: "Print one JSON object with all checks.") var json = false
    @Flag(help: "Only list the checks and what they ask.") var list = false

    func validate() throws {
        if let url, parsedSiteURL(url) == nil {
            throw ValidationError("--url must be the URL of a site, such as https://files.example.org.")
        }
    }

    func run() throws {
        if list { return print(DoctorList(checks: DoctorChecks.all).output(asJSON: json), terminator: "") }
        let session = DoctorSession()
        let options = DoctorSubject.Options(url: url, connectTo: connect, certificateFile: caFile, email: user)
        let makeSubject = { @Sendable in DoctorSubject(options, session) }
        let silenced = (try? loadConfiguration())?.silencedChecks ?? [:]
        let outcomes = DoctorRunner(checks: DoctorChecks.all, silenced: silenced, makeSubject: makeSubject).run()
        session.end(makeSubject())
        let report = DoctorReport(outcomes: outcomes)
        print(json ? report.json + "\n" : report.text(showsAll: verbose), terminator: "")
        throw ExitCode(report.exitStatus)
    }
}
