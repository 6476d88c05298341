// coffer export

internal import ArgumentParser
internal import Storage

struct Export: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Write a user's files to a directory, with their times.",
        discussion: """
            Files that already exist with the same bytes are skipped, so the same command continues after an \
            interruption. A directory cannot hold a file `a` and a file `a/b`, and some file systems do not \
            distinguish `A` from `a`. Such files are reported and skipped, and the exit status is 1. Rename them and \
            export again. Descriptions and media types are not exported.
            """)

    @ArgumentParser.Argument(help: "The user's e-mail address.") var email: String
    @ArgumentParser.Argument(help: "The directory. It is created if it does not exist.") var directory: String
    @Flag(help: "Replace existing files that have other bytes.") var overwrite = false
    @Flag(help: "Do not show progress.") var quiet = false

    func run() throws {
        let configuration = try loadConfiguration()
        let account = try Account(email, OwnerConnection(configuration), configuration)
        let exported = try ExportRun(
            account, to: directory, overwrites: overwrite, configuration, Interruption()
        ) { print($0) }.run(isSilent: quiet)
        print("exported \(exported.done) files, skipped \(exported.skipped) that already existed")
        if exported.problems > 0 { throw Failure("\(exported.problems) files were not exported; see above.") }
    }
}
