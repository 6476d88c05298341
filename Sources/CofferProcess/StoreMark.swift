// The mark that a store carries, held against the one that the database knows.

public import BlobStore

/// Fails as `.misconfigured` where the store is not the one of that mark.
///
/// - Parameter known: the database's; nil where none was set yet, and nothing can be told.
public func requireMark(_ known: String?, of store: any BlobStore) throws(BlobStoreError) {
    guard let known else { return }
    let found = try store.mark()
    if found == known { return }
    throw BlobStoreError(
        .misconfigured,
        found == nil
            ? "This is not the store that the database knows, as its mark is missing. Correct the URL; or, where the store "
                + "was moved without its file coffer-store, run: coffer storage relocate URL."
            : "This is not the store that the database knows: it has the mark of another one. Correct the URL.")
}
