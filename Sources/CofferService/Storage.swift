// The blob store of this installation, opened when first needed: a store that is away at the start may come back.

internal import BlobStore
internal import CofferCore

final class Storage {
    private let url: String
    private let journal: Journal
    private var opened: (any BlobStore)?

    init(url: String, journal: Journal) { (self.url, self.journal) = (url, journal) }

    func store() throws(Failure) -> any BlobStore {
        if let opened { return opened }
        do {
            let store = try openBlobStore(url)
            opened = store
            return store
        } catch {
            journal.record(.storageFailed(error.description))
            throw Failure(error)
        }
    }
}
