// coffer migrate

internal import ArgumentParser
internal import BlobStore
internal import CofferCore
internal import Storage
internal import POSIX

struct Migrate: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Create or upgrade the database and the storage directory.",
        discussion: """
            COFFER_OWNER_DATABASE_URL must name a superuser or a role that may create roles. The command also marks \
            the store as belonging to this database. Running it again changes nothing; two at the same time are safe.
            """)

    @Flag(help: "Do not touch the storage directory, for users who may not write there.")
    var skipStorage = false
    @Flag(help: "Print what would be done, and change nothing.")
    var dryRun = false

    func run() throws {
        let configuration = try loadConfiguration()
        let migrator = Migrator(owner: try OwnerConnection(configuration, timeout: .seconds(24 * 3600)))
        if dryRun { return try preview(migrator, configuration) }
        var count = 0
        try migrator.run { name in
            print("applied \(name)")
            count += 1
        }
        if count == 0 { print("nothing to apply") }
        if skipStorage { return }
        do {
            try prepare(
                configuration.storageURL,
                StoreMarks(owner: migrator.owner, stores: StoreCache(configuration, for: .operator)))
        } catch {
            throw Failure("The storage directory cannot be prepared: \(error.message)")
        }
    }

    private func preview(_ migrator: Migrator, _ configuration: Configuration) throws {
        let plan = try migrator.plan()
        var lines = (plan.migrations + plan.changedCode.map { "code/\($0)" }).map { "would apply \($0)" }
        lines += plan.removedCode.map { "would apply the removal of code/\($0)" }
        if !skipStorage {
            let marks = StoreMarks(owner: migrator.owner, stores: StoreCache(configuration, for: .operator))
            // Only a database with the first migration has a list of stores.
            let isNew = plan.migrations.first == Migrator.oldestMigration
            if try isNew || !marks.isBound(configuration.storageURL) { lines.append("would mark the store") }
        }
        print(lines.isEmpty ? "nothing to apply" : lines.joined(separator: "\n"))
    }

    /// Before a directory is made, the mark of a known store is checked, since the URL may be mistyped.
    private func prepare(_ url: String, _ marks: StoreMarks) throws(Failure) {
        try marks.requireMark(of: url)
        let store = try mapError(to: Failure.self) { try marks.stores.makeStore(url) }
        try marks.bind(store, url: url)
        mentionRoot(store)
    }
}
