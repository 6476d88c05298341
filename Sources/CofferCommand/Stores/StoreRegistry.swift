// The database's list of stores, and how it changes.

internal import BlobStore
internal import CofferCore
internal import Postgres
internal import Storage
internal import POSIX

struct StoreRegistry {
    private let owner: OwnerConnection
    private let stores: StoreCache
    private let marks: StoreMarks

    init(_ owner: OwnerConnection, _ stores: StoreCache) {
        (self.owner, self.stores) = (owner, stores)
        marks = StoreMarks(owner: owner, stores: stores)
    }

    /// Makes what is missing of a new store, and adds it. A store that is registered already stays as it is.
    func add(_ url: String) throws(Failure) -> StoreRecord {
        try refuseSecrets(url)
        try marks.requireMark(of: stores.configuredURL)
        let newOwner = try stores.owner(of: stores.configuredURL)
        let store = try mapError(to: Failure.self) { try stores.makeStore(url, newOwner: newOwner) }
        try marks.requireNew(store, url: url)
        let id = try owner.call(
            "select internal.add_store($1, $2) as id", [.text(stores.configuredURL), .text(url)]
        ).readOne { try $0.integer("id") }
        try marks.bind(store, url: url)
        mentionRoot(store)
        return StoreRecord(id: id, url: url, isCurrent: false)
    }

    /// Records a new URL of the current store, and marks the place that it names.
    func relocate(to url: String) throws(Failure) {
        try refuseSecrets(url)
        let store = try mapError(to: Failure.self) { try stores.store(url) }
        try requireConfigured(url)
        try marks.requireNewOrCurrent(store)
        try owner.call("select internal.relocate_store($1)", [.text(url)])
        try marks.rebind(store, url: url)
    }

    /// Makes those copies in a store garbage that no file uses yet.
    ///
    /// - Returns: their number.
    func giveUpCopies(in url: String) throws(Failure) -> Int64 {
        try owner.call("select internal.abandon_copies($1) as count", [.text(url)]).readOne { try $0.integer("count") }
    }

    /// Removes a store from the list.
    ///
    /// - Throws: also if the store is the current one, or holds anything.
    func forget(_ url: String) throws(Failure) {
        try owner.call("select internal.forget_store($1, $2)", [.text(stores.configuredURL), .text(url)])
    }

    /// Fails for another URL than the configured one if the database knows no URL of the current store: only the
    /// configuration says where it is, and no other place may carry its mark.
    private func requireConfigured(_ url: String) throws(Failure) {
        let rows = try owner.call("select from internal.stores where is_current and url is null")
        if rows.isEmpty || url == stores.configuredURL { return }
        throw Failure(
            "COFFER_STORAGE_URL names the current store, which is \(withoutSecrets(stores.configuredURL)): "
                + "change it first."
        )
    }

    private func refuseSecrets(_ url: String) throws(Failure) {
        if hasSecret(url) { throw Failure("The database keeps the URL of a store, so it must not contain a secret.") }
    }
}
