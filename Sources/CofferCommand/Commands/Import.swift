// coffer import

internal import ArgumentParser
internal import Storage

struct Import: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import", abstract: "Store the files of a directory for a user, with their times.",
        discussion: """
            The files are stored as if the user had uploaded them: they count towards the quota and are recorded in \
            the audit log. Files that the user already has with the same bytes are skipped, so the same command \
            continues after an interruption. Other files of the same path are replaced. What cannot be stored is \
            reported, and the exit status is 1.
            """)

    @ArgumentParser.Argument(help: "The user's e-mail address.") var email: String
    @ArgumentParser.Argument(help: "The directory.") var directory: String
    @Flag(help: "Do not show progress.") var quiet = false

    func run() throws {
        let configuration = try loadConfiguration()
        let account = try Account(email, OwnerConnection(configuration), configuration)
        let imported = try ImportRun(account, from: directory, configuration, Interruption()) { print($0) }
            .run(isSilent: quiet)
        print("imported \(imported.done) files, skipped \(imported.skipped) that already existed")
        if imported.problems > 0 { throw Failure("\(imported.problems) files could not be imported; see above.") }
    }
}
