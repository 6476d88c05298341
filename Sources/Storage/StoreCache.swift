// The opened stores of an installation, for one thread. Each is opened when it is first needed, since a store that is
// unavailable at the start may become available.

public import BlobStore
public import CofferCore
public import POSIX

public final class StoreCache {
    /// The program that uses the stores.
    public enum User: Sendable {
        /// A worker. Its client waits, so an outage must be reported within seconds.
        case worker
        /// The operator's command. It waits longer for a remote store.
        case `operator`
    }

    public let configuration: Configuration
    private let user: User
    /// By URL. An entry is never out of date, since the database knows the store of each blob.
    private var opened: [String: any BlobStore] = [:]
    /// Whether the current store was found to have the mark that the database knows. `false` only costs another check.
    public var isRecognised = false
    /// Whether the configured store was the current one at the last upload. A wrong value only costs a round trip.
    public var receivesUploads = true
    /// The time that this thread's request has waited for stores.
    public let stopwatch = Stopwatch()

    /// The files of a process that runs as root get the owner of the store's directory, which is the workers' user.
    public init(_ configuration: Configuration, for user: User) {
        (self.configuration, self.user) = (configuration, user)
    }

    /// The URL of the store that the configuration names. The web servers of this host know its directory.
    public var configuredURL: String { configuration.storageURL }

    /// Opens a store, or returns it if it is open.
    ///
    /// - Parameter url: as in the database. nil for the store that the configuration names.
    public func store(_ url: String? = nil) throws(BlobStoreError) -> any BlobStore {
        let url = url ?? configuredURL
        if let store = opened[url] { return store }
        let store = try openBlobStore(url, settings())
        opened[url] = store
        return store
    }

    /// Opens a store again, without retries: an outage is an error at once.
    public func storeWithoutRetries(_ url: String?) throws(BlobStoreError) -> any BlobStore {
        var settings = settings()
        settings.retryLimit = .zero
        return try openBlobStore(url ?? configuredURL, settings)
    }

    /// Opens a store, and makes missing directories of a local store.
    ///
    /// - Parameter newOwner: the owner of a store's directory that has to be made. nil for its parent's owner.
    public func makeStore(_ url: String, newOwner: FileOwner? = nil) throws(BlobStoreError) -> any BlobStore {
        var settings = settings()
        settings.newOwner = newOwner
        let store = try openBlobStore(url, settings, creating: true)
        opened[url] = store
        return store
    }

    /// The configured store, if it keeps pending markers and was the current store at the last upload. nil also if it
    /// cannot be opened: a two-phase upload then asks the database for the current store.
    public var markingStore: (any MarkingBlobStore)? { receivesUploads ? try? store() as? any MarkingBlobStore : nil }

    private func settings() -> BlobStoreSettings {
        var settings = BlobStoreSettings(
            certificateFile: configuration.storageCertificateFile,
            credentialsFile: configuration.storageCredentialsFile)
        // A worker is root if an administrator tries a request with it as a CGI program.
        settings.writesAsOwner = user == .operator || FileOwner.current.isRoot
        if user == .operator { settings.retryLimit = .seconds(60) }
        return settings
    }
}
