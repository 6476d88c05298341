// coffer export, coffer import

internal import ArgumentParser
internal import BlobStore
internal import CofferCore
internal import Cryptography
internal import Postgres
internal import Storage
internal import System

struct Export: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Write a user's files into a folder, with their times.",
        discussion: """
            Files that are there with the same bytes are skipped, so the same command goes on after an interruption. \
            A tree cannot hold a file `a` beside a file `a/b`, and some file systems take names for the same that are \
            not: such files are told and left out, and the exit status is 1. Rename them, and export again. \
            Descriptions and media types are not in a tree.
            """)

    @ArgumentParser.Argument(help: "E-mail address.") var email: String
    @ArgumentParser.Argument(help: "The folder; it is made when it is missing.") var folder: String
    @Flag(help: "Replace files that are there with other bytes.") var overwrite = false
    @Flag(help: "Show no progress.") var quiet = false

    func run() throws {
        let configuration = try loadConfiguration()
        let interruption = Interruption()
        let account = try Account(email, OwnerConnection(configuration), configuration)
        let root = try absolute(folder)
        try system("The folder") { () throws(SystemError) in
            do throws(SystemError) {
                try FileSystem.makeFolder(root, mode: 0o700)
            } catch  where error.number == Errno.fileExists {}
        }
        let writer = TreeWriter(
            root, overwrites: overwrite, StoreCache(configuration, for: .operator), interruption)
        let progress = Progress(total: account.total, countsBytes: true, isSilent: quiet)
        let tally = TreeTally()
        var last = ""
        while case let page = try account.files(after: last), let end = page.last {
            last = end.path
            for file in page {
                if interruption.isAskedFor { throw Failure.interrupted }
                try write(file, writer, tally)
                progress.add(Amount(files: 1, bytes: file.content.size))
            }
        }
        progress.end()
        print("exported \(tally.done) files, skipped \(tally.skipped) that were there")
        if tally.problems > 0 { throw Failure("\(tally.problems) files are not in the tree; see above.") }
    }

    private func write(_ file: TreeFile, _ writer: TreeWriter, _ tally: TreeTally) throws {
        do {
            if try writer.write(file) { tally.add() } else { tally.skip() }
        } catch let problem as TreeWriter.Problem {
            tally.tell(file.path, problem.text)
        } catch let failure as Failure {
            throw failure
        } catch {
            tally.tell(file.path, "\(error)")
        }
    }
}

struct Import: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import", abstract: "Store the files of a folder as a user's, with their times.",
        discussion: """
            As if the user uploaded them: the quota counts, the audit log tells. Files that the user has with the same \
            bytes are skipped, so the same command goes on after an interruption; others of the same path are \
            overwritten. What cannot be a user's file is told, and the exit status is 1.
            """)

    @ArgumentParser.Argument(help: "E-mail address.") var email: String
    @ArgumentParser.Argument(help: "The folder.") var folder: String
    @Flag(help: "Show no progress.") var quiet = false

    func run() throws {
        let configuration = try loadConfiguration()
        let interruption = Interruption()
        let account = try Account(email, OwnerConnection(configuration), configuration)
        let root = try absolute(folder)
        try system("The folder") { () throws(SystemError) in _ = try FileSystem.openFolder(root) }
        let record = try Stores(account.owner, configuration).current
        do throws(BlobStoreError) {
            let store = try StoreCache(configuration, for: .operator).store(record)
            try (store as? any OwnedBlobStore)?.requireOwner()
        } catch {
            throw Failure(error)
        }
        let importer = TreeImporter(account, configuration, interruption)
        let progress = Progress(total: nil, countsBytes: true, isSilent: quiet)
        let tally = TreeTally()
        try TreeReader(root: root, tell: tally.tell).walk { (path, status) throws(Failure) in
            if interruption.isAskedFor { throw Failure.interrupted }
            do throws(TreeImporter.Problem) {
                if try importer.store(path, status, from: root) { tally.add() } else { tally.skip() }
            } catch {
                if interruption.isAskedFor { throw Failure.interrupted }
                tally.tell(path, error.text)
            }
            progress.add(Amount(files: 1, bytes: status.size))
        }
        progress.end()
        print("imported \(tally.done) files, skipped \(tally.skipped) that were there")
        if tally.problems > 0 { throw Failure("\(tally.problems) could not be imported; see above.") }
    }
}
