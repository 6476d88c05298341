// coffer storage …

internal import ArgumentParser
internal import BlobStore
internal import CofferCore
internal import Postgres
internal import Storage
internal import POSIX

struct StorageCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "storage", abstract: "Move the bytes of all files to another store, while people work.",
        discussion: """
            First run `copy`, as often as you like. Then run `switch`: new uploads go to the new store, the remaining \
            blobs are copied, and every file uses its copy. Both stores are read throughout, and no worker needs a \
            restart. Afterwards set COFFER_STORAGE_URL and nginx's directory to the new store; until then the workers \
            send what nginx cannot find. When gc has emptied the old store, run `forget`.
            """,
        subcommands: [List.self, Copy.self, Switch.self, Relocate.self, Forget.self])

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List the stores and what they hold.")

        @Flag(help: "Print JSON.") var json = false

        func run() throws {
            let configuration = try loadConfiguration()
            let owner = try OwnerConnection(configuration, timeout: .seconds(3600))
            try Listing.stores.show(owner, [.text(configuration.storageURL)], asJSON: json)
            let (unavailable, stores) = (UnavailableStores(), StoreCache(configuration, for: .operator))
            for store in try Stores(owner, configuration).all {
                do {
                    _ = try stores.store(store)
                } catch {
                    unavailable.add(store.id, store.url, error, "The numbers come from the database.")
                }
            }
            try unavailable.conclude()
        }
    }

    struct Relocate: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Record that the current store was moved by other means, such as rsync.",
            discussion: """
                This is needed if the database knows more than one store, or if the bytes were copied without the file \
                coffer-store, by which a store is recognised. Otherwise it is enough to change COFFER_STORAGE_URL.
                """)

        @ArgumentParser.Argument(help: "The new URL of the store.") var url: String

        func run() throws {
            try refuseSecrets(url)
            let configuration = try loadConfiguration()
            let stores = StoreCache(configuration, for: .operator)
            let store = try mapError(to: Failure.self) { try stores.store(url) }
            let owner = try OwnerConnection(configuration)
            let marks = StoreMarks(owner: owner, stores: stores)
            try marks.requireCurrent(url, configured: configuration.storageURL)
            try marks.requireNewOrCurrent(store)
            try owner.call("select internal.relocate_store($1)", [.text(url)])
            try marks.rebind(store, url: url)
        }
    }

    struct Forget: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Remove an empty store from the list.",
            discussion: """
                The command is refused for the current store, and for a store that still holds a file, garbage or a \
                copy. The directory or bucket itself is not touched.
                """)

        @ArgumentParser.Argument(help: "The URL of the store, as `coffer storage list` shows it.") var url: String
        @Flag(help: "First give up copies that no file uses yet. gc removes them.") var copies = false

        func run() throws {
            let configuration = try loadConfiguration()
            let owner = try OwnerConnection(configuration, timeout: .seconds(3600))
            if copies {
                let count = try owner.call("select internal.abandon_copies($1) as count", [.text(url)])
                    .readOne { try $0.integer("count") }
                print("gave up \(count) copies")
            }
            try owner.call(
                "select internal.forget_store($1, $2)", [.text(configuration.storageURL), .text(url)])
        }
    }

    /// How bytes are moved.
    struct Moving: ParsableArguments {
        @Option(help: "The number of blobs to copy at the same time.") var parallel = 4
        @Option(help: "Read at most this many bytes per second.") var rate: Int64?
        @Flag(help: "Do not show progress.") var quiet = false

        func validate() throws {
            if let rate, rate < 1 { throw ValidationError("--rate must be at least 1.") }
            guard (1...64).contains(parallel) else { throw ValidationError("--parallel must be from 1 to 64.") }
        }

        func move(
            _ owner: OwnerConnection, _ configuration: Configuration, to target: StoreRecord,
            _ interruption: Interruption
        ) throws(Failure) -> (BlobMove, Progress) {
            let total = try owner.call(
                "select count(*) as files, coalesce(sum(size_bytes), 0) as bytes from internal.files where store <> $1",
                [.integer(target.id)]
            ).readOne { try $0.amount(files: "files", bytes: "bytes") }
            let progress = Progress(total: total, countsBytes: true, isSilent: quiet)
            let options = BlobCopier.Options(
                configuration: configuration, target: target.url, rate: RateLimit(rate), interruption: interruption)
            return (BlobMove(owner, to: target, options, threads: parallel, progress: progress), progress)
        }
    }

    struct Copy: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Copy every blob to another store and compare the digests.",
            discussion: """
                Existing copies are skipped, so the same command continues after an interruption. No file uses the \
                copies until `coffer storage switch`.
                """)

        @Option(help: "The URL of the new store.") var to: String
        @OptionGroup var moving: Moving

        func run() throws {
            let configuration = try loadConfiguration()
            let interruption = Interruption()
            try refuseSecrets(to)
            let owner = try OwnerConnection(configuration, timeout: .seconds(3600))
            let stores = StoreCache(configuration, for: .operator)
            let marks = StoreMarks(owner: owner, stores: stores)
            try marks.requireMark(of: configuration.storageURL)
            let store = try mapError(to: Failure.self) {
                try stores.makeStore(to, newOwner: folderOwner(configuration.storageURL, stores))
            }
            try marks.requireNew(store, url: to)
            let id = try owner.call(
                "select internal.add_store($1, $2) as id", [.text(configuration.storageURL), .text(to)]
            ).readOne { try $0.integer("id") }
            try marks.bind(store, url: to)
            mentionRoot(store)
            let target = StoreRecord(id: id, url: to, isCurrent: false)
            let (move, progress) = try moving.move(owner, configuration, to: target, interruption)
            try move.copyAll()
            progress.end()
            print("copied \(move.copied.files) blobs with \(move.copied.bytes) bytes")
            if move.failures > 0 { throw Failure("\(move.failures) blobs could not be copied.") }
        }
    }

    struct Switch: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Use the new store, after copying what was uploaded meanwhile.",
            discussion: "The blobs in the old store become garbage. gc removes them after the grace period.")

        @Option(help: "The URL of the new store. Needed if blobs were copied to more than one.") var to: String?
        @OptionGroup var moving: Moving

        func run() throws {
            let configuration = try loadConfiguration()
            let interruption = Interruption()
            let owner = try OwnerConnection(configuration, timeout: .seconds(3600))
            let target = try target(owner, Stores(owner, configuration))
            let stores = StoreCache(configuration, for: .operator)
            try mapError(to: Failure.self) { try stores.store(target).probe() }
            try requireSameOwner(target.url, configuration.storageURL, stores)
            let (move, progress) = try moving.move(owner, configuration, to: target, interruption)
            try move.copyAll()
            if move.failures > 0 { throw Failure("\(move.failures) blobs could not be copied; nothing is switched.") }
            try owner.call("select internal.use_store($1::smallint)", [.integer(target.id)])
            // What came between the last page and the switch.
            try move.copyAll()
            try move.useCopies()
            progress.end()
            try conclude(owner, target)
        }

        private func target(_ owner: OwnerConnection, _ stores: Stores) throws(Failure) -> StoreRecord {
            if let to {
                guard let named = stores.all.first(where: { $0.url == to }) else {
                    throw Failure("Nothing was copied to this store.")
                }
                return named
            }
            let ids = try owner.call(
                """
                select c.store as id from internal.blob_copies c group by c.store
                union
                -- An earlier switch that has not come to its end.
                select s.id from internal.stores s
                where s.is_current and exists (select from internal.files f where f.store <> s.id)
                    and not exists (select from internal.blob_copies)
                """
            ).readAll { try $0.integer("id") }
            guard ids.count == 1, let target = stores.all.first(where: { $0.id == ids[0] }) else {
                throw Failure(
                    ids.isEmpty
                        ? "Nothing was copied to another store. Run `coffer storage copy` first."
                        : "Blobs were copied to more than one store. Name one with --to.")
            }
            return target
        }

        private func conclude(_ owner: OwnerConnection, _ target: StoreRecord) throws(Failure) {
            let (files, uploads) = try owner.call(
                """
                select (select count(*) from internal.files where store <> $1) as files,
                    (select count(*) from internal.garbage
                        where store <> $1 and reason = 'uploading' and listed_at > now() - interval '7 days') as uploads
                """, [.integer(target.id)]
            ).readOne { (try $0.integer("files"), try $0.integer("uploads")) }
            print("in use: \(target.url)")
            if files + uploads > 0 {
                print(
                    "\(files) files and \(uploads) earlier uploads are still in the old store, which stays readable. "
                        + "Run the command again later.")
            }
        }
    }
}

/// Whose a new store's folder is to be: the same user's as that of the store in use; nil where that has none.
private func folderOwner(_ url: String, _ stores: StoreCache) -> FileOwner? {
    guard let store = try? stores.store(url) as? any OwnedBlobStore else { return nil }
    return try? FileSystem.status(store.folder).fileOwner
}

/// The workers that use the one store are to use the other one.
private func requireSameOwner(_ new: String, _ old: String, _ stores: StoreCache) throws(Failure) {
    guard let wanted = folderOwner(old, stores), let found = folderOwner(new, stores), wanted.user != found.user
    else { return }
    throw Failure(
        "The new store's directory belongs to \(found.userName), but the workers run as \(wanted.userName), the "
            + "owner of the current store. Change the owner with chown -R.")
}

/// A URL that is kept in the database holds no password.
private func refuseSecrets(_ url: String) throws(Failure) {
    if hasSecret(url) { throw Failure("The database keeps the URL of a store, so it must not contain a secret.") }
}

extension Listing {
    /// `$1` is the URL of the configuration.
    fileprivate static let stores = Listing(
        columns: [
            .text("ID"), .text("STATE"), .number("FILES"), .number("BYTES"), .number("COPIES"), .number("GARBAGE"),
            .text("URL"),
        ],
        sql: """
            select s.id, case when s.is_current then 'in use' else 'readable' end as state,
                (select count(*) from internal.files f where f.store = s.id) as files,
                (select coalesce(sum(f.size_bytes), 0) from internal.files f where f.store = s.id) as bytes,
                (select count(*) from internal.blob_copies c where c.store = s.id) as copies,
                (select count(*) from internal.garbage d where d.store = s.id) as garbage,
                coalesce(s.url, $1) as url
            from internal.stores s
            order by s.id
            """)
}
