// The stores that the database knows of, and the one that the configuration names.

internal import ArgumentParser
internal import BlobStore
internal import CofferCore
internal import CofferProcess
internal import Postgres
internal import System

struct StoreRecord: Equatable, Sendable {
    let id: Int64
    let url: String
    let isCurrent: Bool
    /// The mark that the store carries; nil where none is known.
    var identity: String?

    /// What the database knows, by number.
    static func all(_ owner: OwnerConnection, configuredURL: String) throws(Failure) -> [StoreRecord] {
        let rows = try owner.call("select id, url, is_current, identity::text from internal.stores order by id")
        return (0..<rows.count).map {
            StoreRecord(
                id: rows.integer($0, 0) ?? 0, url: rows.text($0, 1) ?? configuredURL,
                isCurrent: rows.boolean($0, 2) ?? false, identity: rows.text($0, 3))
        }
    }
}

struct Stores {
    let all: [StoreRecord]

    /// - Throws: when the configuration names none of them.
    init(_ owner: OwnerConnection, _ configuration: Configuration) throws(Failure) {
        all = try StoreRecord.all(owner, configuredURL: configuration.storageURL)
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

/// Opens a store as the installation's options say, with more patience for a remote one than a worker has. What is made in
/// it is its owner's, whose workers are to use it.
///
/// - Parameter newOwner: whose a folder is to be that is made; nil for the owner of the folder in which it will lie.
func openStore(
    _ url: String, creating: Bool = false, newOwner: FileOwner? = nil
) throws(BlobStoreError) -> any BlobStore {
    let configuration: Configuration
    do throws(Failure) {
        configuration = try loadConfiguration()
    } catch {
        throw BlobStoreError(.misconfigured, error.message)
    }
    return try openStorage(
        configuration, url: url, creating: creating, asOwner: true, newOwner: newOwner, patience: .seconds(60))
}

/// Opened stores by URL, for one thread.
final class OpenedStores {
    private var opened: [String: any BlobStore] = [:]

    func store(_ url: String) throws(BlobStoreError) -> any BlobStore {
        if let store = opened[url] { return store }
        let store = try openStore(url)
        opened[url] = store
        return store
    }
}

/// The stores that a command had to leave out while it went on with the others. Each is told once, on standard error.
final class AwayStores {
    private(set) var ids: Set<Int64> = []

    var count: Int { ids.count }

    func contains(_ id: Int64) -> Bool { ids.contains(id) }

    /// - Parameter consequence: what is not done therefore.
    func add(_ id: Int64, _ url: String, _ error: BlobStoreError, _ consequence: String) {
        guard ids.insert(id).inserted else { return }
        StandardError.write(line: "coffer: store \(id) is away, \(withoutSecrets(url)): \(error) \(consequence)")
    }

    /// Ends the command as failed when there are any; why was told.
    func conclude() throws {
        if !ids.isEmpty { throw ExitCode.failure }
    }
}

extension Failure {
    init(_ error: BlobStoreError) { self.init("The storage: \(error)") }
}
