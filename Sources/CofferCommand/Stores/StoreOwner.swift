// The owner of a store's directory, as whom the workers run.

internal import BlobStore
internal import Storage
internal import POSIX

extension StoreCache {
    /// The owner of a store's directory; nil for a store that is not a directory of this host.
    func owner(of url: String) throws(Failure) -> FileOwner? {
        try mapError(to: Failure.self) {
            try (store(url) as? any OwnedBlobStore).map { try FileSystem.status($0.directory).fileOwner }
        }
    }
}

/// Reports on standard error that a store's directory belongs to root, as the workers hardly run as root.
func mentionRoot(_ store: any BlobStore) {
    guard Process.isRoot, let store = store as? any OwnedBlobStore,
        let owner = try? FileSystem.status(store.directory).fileOwner, owner.isRoot
    else { return }
    StandardError.write(
        line: "coffer: the store's directory belongs to root; give it to the workers' user: "
            + "chown -R USER: \(store.directory)")
}
