// The switch to another store: new uploads go there, the remaining blobs are copied, and every file uses its copy.

internal import BlobStore
internal import CofferCore
internal import Postgres
internal import Storage
internal import POSIX

struct StoreSwitch {
    /// What the old stores still hold after a switch.
    struct Remainder {
        let files: Int64
        let uploads: Int64

        var isEmpty: Bool { files + uploads == 0 }
    }

    private let owner: OwnerConnection
    private let stores: StoreCache
    private let registered: Stores

    init(_ owner: OwnerConnection, _ configuration: Configuration) throws(Failure) {
        self.owner = owner
        stores = StoreCache(configuration, for: .operator)
        registered = try Stores(owner, configuration)
    }

    /// The store to switch to: the one of this URL, or the only one that blobs were copied to.
    func target(named url: String?) throws(Failure) -> StoreRecord {
        if let url {
            guard let named = registered.all.first(where: { $0.url == url }) else {
                throw Failure("Nothing was copied to this store.")
            }
            return named
        }
        let ids = try owner.call(
            """
            select c.store as id from internal.blob_copies c group by c.store
            union
            -- An earlier switch that was interrupted.
            select s.id from internal.stores s
            where s.is_current and exists (select from internal.kept_blobs k where k.store <> s.id)
                and not exists (select from internal.blob_copies)
            """
        ).readAll { try $0.integer("id") }
        guard ids.count == 1, let target = registered.all.first(where: { $0.id == ids[0] }) else {
            throw Failure(
                ids.isEmpty
                    ? "Nothing was copied to another store. Run `coffer storage copy` first."
                    : "Blobs were copied to more than one store. Name one with --to.")
        }
        return target
    }

    /// Fails if the store is unavailable, or if the workers, who run as the current store's owner, could not use it.
    func requireUsable(_ target: StoreRecord) throws(Failure) {
        try mapError(to: Failure.self) { try stores.store(target).probe() }
        // The old store may be unavailable when all its blobs have been copied.
        guard let wanted = try? stores.owner(of: stores.configuredURL), let found = try stores.owner(of: target.url),
            wanted.user != found.user
        else { return }
        throw Failure(
            "The new store's directory belongs to \(found.userName), but the workers run as \(wanted.userName), the "
                + "owner of the current store. Change the owner with chown -R.")
    }

    /// - Parameter move: to the target.
    func run(_ move: BlobMove, to target: StoreRecord) throws(Failure) -> Remainder {
        try move.copyAll()
        if move.failures > 0 { throw Failure("\(move.failures) blobs could not be copied; nothing is switched.") }
        try owner.call("select internal.use_store($1::smallint)", [.integer(target.id)])
        // Files that were uploaded between the last page and the switch.
        try move.copyAll()
        try move.useCopies()
        move.progress.end()
        return try remainder(target)
    }

    private func remainder(_ target: StoreRecord) throws(Failure) -> Remainder {
        try owner.call(
            """
            select (select count(*) from internal.kept_blobs where store <> $1) as files,
                (select count(*) from internal.garbage
                    where store <> $1 and reason = 'uploading'
                        and listed_at > now() - internal.longest_upload())
                + (select count(*) from internal.uploads where store <> $1 and expires_at > now()) as uploads
            """, [.integer(target.id)]
        ).readOne { Remainder(files: try $0.integer("files"), uploads: try $0.integer("uploads")) }
    }
}
