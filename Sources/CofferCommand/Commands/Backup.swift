// coffer backup

internal import ArgumentParser
internal import Storage

struct Backup: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Save the database and all bytes in a directory, while people work.",
        discussion: """
            Bytes that an earlier backup has copied are not copied again. The backup holds password hashes and signing \
            keys, so keep it as safe as the server. Requires pg_dump.
            """)

    @ArgumentParser.Argument(help: "The directory. It is created if it does not exist.") var directory: String
    @Flag(help: "Compare blobs of earlier backups by digest, not only by size.") var digest = false
    @Flag(help: "Remove blobs that this backup does not need.") var prune = false
    @Option(help: "Read at most this many bytes per second.") var rate: Int64?
    @Option(help: "The number of blobs to copy at the same time.") var parallel = 2
    @Flag(help: "Do not show progress.") var quiet = false

    func validate() throws {
        try validate(rate: rate)
        try validate(threads: parallel, "--parallel")
    }

    func run() throws {
        let writer = try BackupWriter(directory, loadConfiguration(), Interruption())
        let saved = try writer.write(
            BackupWriter.Options(comparesBytes: digest, rate: RateLimit(rate), threads: parallel, isSilent: quiet)
        ) { print($0) }
        var report = "saved \(saved.files) files, \(saved.copied) of them copied now"
        if prune { report += ", removed \(try writer.prune()) blobs" }
        print(report)
    }
}
