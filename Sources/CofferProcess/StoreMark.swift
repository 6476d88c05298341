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
            ? "This place does not have the mark of the database's store: the URL is wrong, or the store was moved without "
                + "the file coffer-store, and then coffer storage relocate URL writes it"
            : "This place has the mark of another store than the database's: the URL is wrong")
}
