// The opened stores of an installation, for one thread. Each is opened when it is first needed: a store that is
// unavailable at the start may come back.

public import BlobStore
public import CofferCore
public import POSIX

public final class StoreCache {
    /// In whose name stores are used.
    public enum User: Sendable {
        /// A worker: its client waits, so an outage must be reported within seconds.
        case worker
        /// The operator's command: it waits longer for a remote store, and what root makes belongs to the owner of the
        /// store's directory, as whom the workers run.
        case `operator`
    }

    public let configuration: Configuration
    private let user: User
    /// By URL. The database says for each blob which store has it, so no entry can be out of date.
    private var opened: [String: any BlobStore] = [:]
    /// Whether the place that uploads go to was found to carry the mark of the database's store. To forget it costs a
    /// question.
    public var isRecognised = false
    /// Whether uploads went to the configured store when that was last found out. A wrong value costs an upload a round
    /// trip, and nothing else.
    public var receivesUploads = true

    public init(_ configuration: Configuration, for user: User) {
        (self.configuration, self.user) = (configuration, user)
    }

    /// The URL of the store that the configuration names, whose directory the web servers of this host know.
    public var configuredURL: String { configuration.storageURL }

    /// - Parameter url: as the database returns it: nil for the store that the configuration names.
    public func store(_ url: String? = nil) throws(BlobStoreError) -> any BlobStore {
        let url = url ?? configuredURL
        if let store = opened[url] { return store }
        let store = try openBlobStore(url, settings())
        opened[url] = store
        return store
    }

    /// Opens a store anew, and reports its outage at once.
    public func impatientStore(_ url: String?) throws(BlobStoreError) -> any BlobStore {
        var settings = settings()
        settings.retryLimit = .zero
        return try openBlobStore(url ?? configuredURL, settings)
    }

    /// Opens a store and makes what is missing of its directory.
    ///
    /// - Parameter newOwner: the owner of a directory that is made; nil for the owner of the directory above it.
    public func makeStore(_ url: String, newOwner: FileOwner? = nil) throws(BlobStoreError) -> any BlobStore {
        var settings = settings()
        settings.newOwner = newOwner
        let store = try openBlobStore(url, settings, creating: true)
        opened[url] = store
        return store
    }

    /// The configured store, if uploads go there as far as is known and it keeps pending markers.
    public var markingStore: (any MarkingBlobStore)? { receivesUploads ? try? store() as? any MarkingBlobStore : nil }

    private func settings() -> BlobStoreSettings {
        var settings = BlobStoreSettings(
            certificateFile: configuration.storageCertificateFile,
            credentialsFile: configuration.storageCredentialsFile)
        if user == .operator {
            settings.writesAsOwner = true
            settings.retryLimit = .seconds(60)
        }
        return settings
    }
}
