// The stores of the database, one of which the configuration names.

internal import CofferCore
internal import Postgres
internal import Storage

extension StoreRecord {
    /// All stores, in the order of their numbers.
    ///
    /// - Parameter configuredURL: the URL of the store for which the database has none.
    static func all(_ owner: OwnerConnection, configuredURL: String) throws(Failure) -> [StoreRecord] {
        try owner.call("select id, url, is_current, identity from internal.stores order by id").readAll { row in
            StoreRecord(
                id: try row.integer("id"), url: try row.optionalText("url") ?? configuredURL,
                isCurrent: try row.boolean("is_current"), mark: try row.optionalText("identity"))
        }
    }
}

struct Stores {
    let all: [StoreRecord]

    /// - Throws: also if the configuration names a store that is not registered.
    init(_ owner: OwnerConnection, _ configuration: Configuration) throws(Failure) {
        all = try StoreRecord.all(owner, configuredURL: configuration.storageURL)
        guard all.contains(where: { $0.url == configuration.storageURL }) else {
            throw Failure("COFFER_STORAGE_URL does not name a store of this database. Run: coffer storage list")
        }
    }

    /// The store that uploads go to.
    var current: StoreRecord {
        get throws(Failure) {
            guard let current = all.first(where: \.isCurrent) else { throw Failure("There is no current store.") }
            return current
        }
    }
}
