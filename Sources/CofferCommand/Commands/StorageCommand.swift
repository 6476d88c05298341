// coffer storage …

internal import ArgumentParser
internal import CofferCore
internal import Postgres
internal import Storage

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
            let configuration = try loadConfiguration()
            try StoreRegistry(OwnerConnection(configuration), StoreCache(configuration, for: .operator))
                .relocate(to: url)
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
            let registry = StoreRegistry(owner, StoreCache(configuration, for: .operator))
            if copies { print("gave up \(try registry.giveUpCopies(in: url)) copies") }
            try registry.forget(url)
        }
    }

    /// How blobs are moved.
    struct Moving: ParsableArguments {
        @Option(help: "The number of blobs to copy at the same time.") var parallel = 4
        @Option(help: "Read at most this many bytes per second.") var rate: Int64?
        @Flag(help: "Do not show progress.") var quiet = false

        func validate() throws {
            try validate(rate: rate)
            try validate(threads: parallel, "--parallel")
        }

        func move(
            _ owner: OwnerConnection, _ configuration: Configuration, to target: StoreRecord,
            _ interruption: Interruption
        ) throws(Failure) -> BlobMove {
            let options = BlobCopier.Options(
                configuration: configuration, target: target.url, threads: parallel, rate: RateLimit(rate),
                interruption: interruption)
            return try BlobMove(owner, to: target, options, isSilent: quiet) { print($0) }
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
            let owner = try OwnerConnection(configuration, timeout: .seconds(3600))
            let target = try StoreRegistry(owner, StoreCache(configuration, for: .operator)).add(to)
            let move = try moving.move(owner, configuration, to: target, interruption)
            try move.copyAll()
            move.progress.end()
            print("copied \(move.copied.files) blobs with \(move.copied.bytes) bytes")
            if move.failures > 0 { throw Failure("\(move.failures) blobs could not be copied.") }
        }
    }

    struct Switch: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Use the new store, after copying the blobs that were uploaded since.",
            discussion: "The blobs in the old store become garbage. gc removes them after the grace period.")

        @Option(help: "The URL of the new store. Needed if blobs were copied to more than one.") var to: String?
        @OptionGroup var moving: Moving

        func run() throws {
            let configuration = try loadConfiguration()
            let interruption = Interruption()
            let owner = try OwnerConnection(configuration, timeout: .seconds(3600))
            let change = try StoreSwitch(owner, configuration)
            let target = try change.target(named: to)
            try change.requireUsable(target)
            let rest = try change.run(moving.move(owner, configuration, to: target, interruption), to: target)
            print("in use: \(target.url)")
            if !rest.isEmpty {
                print(
                    "\(rest.files) files and \(rest.uploads) earlier uploads are still in the old store, which stays "
                        + "readable. Run the command again later.")
            }
        }
    }
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
                (select count(*) from internal.kept_blobs k where k.store = s.id) as files,
                (select coalesce(sum(k.size_bytes), 0) from internal.kept_blobs k where k.store = s.id) as bytes,
                (select count(*) from internal.blob_copies c where c.store = s.id) as copies,
                (select count(*) from internal.garbage d where d.store = s.id) as garbage,
                coalesce(s.url, $1) as url
            from internal.stores s
            order by s.id
            """)
}
