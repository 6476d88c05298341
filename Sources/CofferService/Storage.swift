// The blob stores of this installation, opened when first needed: one that is away at the start may come back.

internal import BlobStore
internal import CofferCore

final class Storage {
    /// The store that the configuration names, and that web servers on this host know the folder of.
    let configured: String
    /// By URL. The database tells for each blob which one it is in, so nothing here can be out of date.
    private var opened: [String: any BlobStore] = [:]

    init(url: String) { configured = url }

    /// - Parameter url: as the database tells it: nil for the store that the configuration names.
    func store(_ url: String? = nil) throws(Failure) -> any BlobStore {
        let url = url ?? configured
        if let store = opened[url] { return store }
        do {
            let store = try openBlobStore(url)
            opened[url] = store
            return store
        } catch {
            throw Failure(error)
        }
    }
}
