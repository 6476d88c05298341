// The stores that the database knows of, and the one that the configuration names.

internal import ArgumentParser
internal import BlobStore
internal import CofferCore
internal import Postgres
internal import Storage
internal import POSIX

extension StoreRecord {
    /// What the database knows, by number.
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

    /// - Throws: when the configuration names none of them.
    init(_ owner: OwnerConnection, _ configuration: Configuration) throws(Failure) {
        all = try StoreRecord.all(owner, configuredURL: configuration.storageURL)
        guard all.contains(where: { $0.url == configuration.storageURL }) else {
            throw Failure("COFFER_STORAGE_URL does not name a store of this database. Run: coffer storage list")
        }
    }

    var current: StoreRecord {
        get throws(Failure) {
            guard let current = all.first(where: \.isCurrent) else { throw Failure("There is no current store.") }
            return current
        }
    }
}

/// The stores that a command had to leave out while it went on with the others. Each is told once, on standard error.
final class UnavailableStores {
    private(set) var ids: Set<Int64> = []

    var count: Int { ids.count }

    func contains(_ id: Int64) -> Bool { ids.contains(id) }

    /// - Parameter consequence: what is not done therefore.
    func add(_ id: Int64, _ url: String, _ error: BlobStoreError, _ consequence: String) {
        guard ids.insert(id).inserted else { return }
        StandardError.write(line: "coffer: store \(id) is unavailable, \(withoutSecrets(url)): \(error) \(consequence)")
    }

    /// Ends the command as failed when there are any; why was told.
    func conclude() throws {
        if !ids.isEmpty { throw ExitCode.failure }
    }
}

extension Failure {
    init(_ error: BlobStoreError) { self.init("The storage: \(error)") }
}
