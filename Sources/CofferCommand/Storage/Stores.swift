// The stores that the database knows of, and the one that the configuration names.

internal import BlobStore
internal import CofferCore
internal import Postgres

struct StoreRecord: Equatable, Sendable {
    let id: Int64
    let url: String
    let isCurrent: Bool
}

struct Stores {
    let all: [StoreRecord]

    /// - Throws: when the configuration names none of them.
    init(_ owner: OwnerConnection, _ configuration: Configuration) throws(Failure) {
        let rows = try owner.call("select id, url, is_current from internal.stores order by id")
        all = (0..<rows.count).map {
            StoreRecord(
                id: rows.integer($0, 0) ?? 0, url: rows.text($0, 1) ?? configuration.storageURL,
                isCurrent: rows.boolean($0, 2) ?? false)
        }
        guard all.contains(where: { $0.url == configuration.storageURL }) else {
            throw Failure("COFFER_STORAGE_URL names none of the stores that this database uses: coffer storage list")
        }
    }

    var current: StoreRecord {
        get throws(Failure) {
            guard let current = all.first(where: \.isCurrent) else { throw Failure("The database names no store.") }
            return current
        }
    }
}

/// Opened stores by URL, for one thread.
final class OpenedStores {
    private var opened: [String: any BlobStore] = [:]

    func store(_ url: String) throws(BlobStoreError) -> any BlobStore {
        if let store = opened[url] { return store }
        let store = try openBlobStore(url)
        opened[url] = store
        return store
    }
}

extension Failure {
    init(_ error: BlobStoreError) { self.init("The storage: \(error)") }
}
