// Compares a store's mark with the one that the database knows.

public import BlobStore

extension BlobStore {
    /// Fails as `.misconfigured` if this store has another mark.
    ///
    /// - Parameter known: the mark in the database. nil if it was never set. Then any store is accepted.
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
