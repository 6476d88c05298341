// coffer export, coffer import

internal import ArgumentParser
internal import BlobStore
internal import CofferCore
internal import Cryptography
internal import Postgres
internal import Storage
internal import POSIX

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
    @ArgumentParser.Argument(help: "The directory. It is created if it does not exist.") var folder: String
    @Flag(help: "Replace existing files that have other bytes.") var overwrite = false
    @Flag(help: "Do not show progress.") var quiet = false

    func run() throws {
        let configuration = try loadConfiguration()
        let interruption = Interruption()
        let account = try Account(email, OwnerConnection(configuration), configuration)
        let root = try absolute(folder)
        try system("The directory") { () throws(SystemError) in
            do throws(SystemError) {
                try FileSystem.createDirectory(root, mode: 0o700)
            } catch  where error.number == ErrorNumber.fileExists {}
        }
        let writer = TreeWriter(
            root, overwrites: overwrite, StoreCache(configuration, for: .operator), interruption)
        let progress = Progress(total: account.total, countsBytes: true, isSilent: quiet)
        let tally = TreeTally()
        var last = ""
        while case let page = try account.files(after: last), let end = page.last {
            last = end.path
            for file in page {
                if interruption.isRequested { throw Failure.interrupted }
                try write(file, writer, tally)
                progress.add(Amount(files: 1, bytes: file.blob.size))
            }
        }
        progress.end()
        print("exported \(tally.done) files, skipped \(tally.skipped) that already existed")
        if tally.problems > 0 { throw Failure("\(tally.problems) files were not exported; see above.") }
    }

    private func write(_ file: TreeFile, _ writer: TreeWriter, _ tally: TreeTally) throws {
        do {
            if try writer.write(file) { tally.add() } else { tally.skip() }
        } catch let problem as TreeWriter.Problem {
            tally.tell(file.path, problem.text)
        } catch let failure as Failure {
            throw failure
        } catch is VerifiedReader.Interrupted {
            throw Failure.interrupted
        } catch {
            tally.tell(file.path, "\(error)")
        }
    }
}

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
    @ArgumentParser.Argument(help: "The directory.") var folder: String
    @Flag(help: "Do not show progress.") var quiet = false

    func run() throws {
        let configuration = try loadConfiguration()
        let interruption = Interruption()
        let account = try Account(email, OwnerConnection(configuration), configuration)
        let root = try absolute(folder)
        try system("The directory") { () throws(SystemError) in _ = try FileSystem.openDirectory(root) }
        let record = try Stores(account.owner, configuration).current
        try mapError(to: Failure.self) {
            let store = try StoreCache(configuration, for: .operator).store(record)
            try (store as? any OwnedBlobStore)?.requireOwner()
        }
        let importer = TreeImporter(account, configuration, interruption)
        let progress = Progress(total: nil, countsBytes: true, isSilent: quiet)
        let tally = TreeTally()
        try TreeReader(root: root, tell: tally.tell).walk { (path, status) throws(Failure) in
            if interruption.isRequested { throw Failure.interrupted }
            do throws(TreeImporter.Problem) {
                if try importer.store(path, status, from: root) { tally.add() } else { tally.skip() }
            } catch {
                if interruption.isRequested { throw Failure.interrupted }
                tally.tell(path, error.text)
            }
            progress.add(Amount(files: 1, bytes: status.size))
        }
        progress.end()
        print("imported \(tally.done) files, skipped \(tally.skipped) that already existed")
        if tally.problems > 0 { throw Failure("\(tally.problems) files could not be imported; see above.") }
    }
}
