// The blob store of this installation, opened when first needed: a store that is away at the start may come back.

internal import BlobStore
internal import CofferCore
internal import CofferProcess

final class Storage {
    private let configuration: Configuration
    private let journal: Journal
    private var opened: (any BlobStore)?

    init(_ configuration: Configuration, journal: Journal) {
        (self.configuration, self.journal) = (configuration, journal)
    }

    func store() throws(Failure) -> any BlobStore {
        if let opened { return opened }
        do {
            let store = try openStorage(configuration)
            opened = store
            return store
        } catch {
            journal.record(.storageFailed(error.description))
            throw Failure(error)
        }
    }
}
