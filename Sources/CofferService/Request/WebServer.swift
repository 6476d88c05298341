// Compares the configuration of the web server with that of this worker. If they differ, downloads fail or are
// streamed, and neither program would notice.

internal import BlobStore
internal import CofferCore
internal import POSIX

struct WebServer {
    /// The directory from which it sends blobs. nil if it does not report one.
    private let directory: String?
    /// The origin from which it fetches blobs. nil if it does not offer that.
    private let origin: String?

    /// - Parameter request: its variables, which no client can set, report the web server's configuration.
    init(_ request: Request) throws(Failure) {
        directory = try request.text(.blobsDirectory)
        origin = try request.remoteSendfile.map { String($0.origin) }
    }

    /// How the web server's configuration differs from what the configured store needs. nil if they agree, or if the
    /// web server reports nothing.
    func difference(from store: any BlobStore) throws(BlobStoreError) -> String? {
        if let remote = try store.presignedTarget(of: BlobName.generate())?.origin {
            guard let origin, origin != remote else { return nil }
            return "The web server fetches downloads from \(origin), but COFFER_STORAGE_URL names \(remote): the "
                + "workers stream all of them."
        }
        if let origin {
            return "The web server fetches downloads from \(origin), but COFFER_STORAGE_URL names a directory."
        }
        guard let directory, let owned = (store as? any OwnedBlobStore)?.directory, !isSame(directory, owned)
        else { return nil }
        return "The web server sends downloads from \(directory), but COFFER_STORAGE_URL names \(owned): they fail."
    }

    /// Whether two paths lead to the same directory. False if one of them cannot be read.
    private func isSame(_ one: String, _ other: String) -> Bool {
        guard let one = try? FileSystem.status(one), let other = try? FileSystem.status(other) else { return false }
        return one.device == other.device && one.inode == other.inode
    }
}
