// coffer restore

internal import ArgumentParser
internal import Storage

struct Restore: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Restore a backup into an empty database and an empty store.",
        discussion: """
            The blobs are copied first; then the database is restored in one transaction. After an interruption, run \
            the same command again. Requires pg_restore.
            """)

    @ArgumentParser.Argument(help: "The directory that `coffer backup` wrote.") var directory: String
    @Option(help: "The number of blobs to copy at the same time.") var parallel = 2
    @Flag(help: "Do not show progress.") var quiet = false

    func validate() throws { try validate(threads: parallel, "--parallel") }

    func run() throws {
        let restorer = try BackupRestorer(directory, loadConfiguration(), Interruption()) { print($0) }
        let restored = try restorer.restore(threads: parallel, isSilent: quiet)
        print("restored \(restored.files) files with \(restored.bytes) bytes")
    }
}
