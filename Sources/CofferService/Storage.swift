// The blob stores of this installation, opened when first needed: one that is away at the start may come back.

internal import BlobStore
internal import CofferCore
internal import CofferProcess

final class Storage {
    private let configuration: Configuration
    private let journal: Journal
    /// Whether uploads went to the configured store when that was last found out. At worst an upload takes the longer way.
    var receives = true
    /// Whether it was logged that the web server fetches from elsewhere than the configured store.
    var isStreamingNoted = false
    /// Whether the place that uploads go to was found to be the database's store. To lose it costs a question.
    var isRecognised = false
    /// By URL. The database tells for each blob which one it is in, so nothing here can be out of date.
    private var opened: [String: any BlobStore] = [:]

    init(_ configuration: Configuration, journal: Journal) {
        (self.configuration, self.journal) = (configuration, journal)
    }

    /// The store that the configuration names, and that web servers on this host know the folder of.
    var configured: String { configuration.storageURL }

    /// The configured store where uploads go there, as far as is known, and it keeps notes.
    var noting: (any NotingBlobStore)? { receives ? try? store() as? any NotingBlobStore : nil }

    /// - Parameter url: as the database tells it: nil for the store that the configuration names.
    func store(_ url: String? = nil) throws(Failure) -> any BlobStore {
        do {
            return try open(url)
        } catch {
            journal.record(.storageFailed(error.description))
            throw Failure(error)
        }
    }

    /// - Parameter patience: other than for requests; such a store is not kept.
    func open(_ url: String?, patience: Duration? = nil) throws(BlobStoreError) -> any BlobStore {
        let url = url ?? configured
        if let patience { return try openStorage(configuration, url: url, patience: patience) }
        if let store = opened[url] { return store }
        let store = try openStorage(configuration, url: url)
        opened[url] = store
        return store
    }
}
