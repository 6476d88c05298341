// The mark that a store carries, compared with the one that the database knows.

public import BlobStore

extension BlobStore {
    /// Fails as `.misconfigured` if this is not the store with that mark.
    ///
    /// - Parameter known: the database's mark; nil if none was set yet, and nothing can be compared.
    public func requireMark(_ known: String?) throws(BlobStoreError) {
        guard let known else { return }
        let found = try mark()
        if found == known { return }
        throw BlobStoreError(
            .misconfigured,
            found == nil
                ? "This is not the store that the database expects: it has no mark. Correct the URL. If the store was "
                    + "moved without its file coffer-store, run: coffer storage relocate URL."
                : "This is not the store that the database expects: it has the mark of another store. Correct the URL.")
    }
}
