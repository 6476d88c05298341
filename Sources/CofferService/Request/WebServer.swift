// What the web server in front was configured with, held against what this worker was: where they differ, downloads fail
// or are streamed, and neither of the two would notice.

internal import BlobStore
internal import CofferCore
internal import POSIX

struct WebServer {
    /// The folder that it sends blobs from; nil where it does not say.
    private let folder: String?
    /// The origin that it fetches blobs from; nil where it does not.
    private let origin: String?

    /// - Parameter request: for what the web server tells of itself, by parameters that no client can set.
    init(_ request: Request) throws(Failure) {
        folder = try request.text(.blobsDirectory)
        origin = try request.remoteSendfile.map { String($0.origin) }
    }

    /// What it does otherwise than the configured store wants; nil where they agree, or where it says nothing.
    func difference(from store: any BlobStore) throws(BlobStoreError) -> String? {
        if let remote = try store.presignedTarget(of: BlobName.generate())?.origin {
            guard let origin, origin != remote else { return nil }
            return "The web server fetches downloads from \(origin), but COFFER_STORAGE_URL names \(remote): the "
                + "workers stream all of them."
        }
        if let origin {
            return "The web server fetches downloads from \(origin), but COFFER_STORAGE_URL names a directory."
        }
        guard let folder, let owned = store as? any OwnedBlobStore, !isSame(folder, owned.folder) else { return nil }
        return "The web server sends downloads from \(folder), but COFFER_STORAGE_URL names \(owned.folder): they fail."
    }

    private func isSame(_ one: String, _ other: String) -> Bool {
        guard let one = try? FileSystem.status(one), let other = try? FileSystem.status(other) else { return false }
        return one.device == other.device && one.inode == other.inode
    }
}
