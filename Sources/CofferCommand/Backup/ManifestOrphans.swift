// The blobs of a store that a manifest does not list.

internal import BlobStore
internal import Storage
internal import POSIX

extension ManifestReader {
    /// Calls `body` with each orphan of a store. Reads the manifest to its end.
    func forEachOrphan(in store: any BlobStore, _ body: (BlobName) throws(Failure) -> Void) throws(Failure) {
        let listed = PagedStream<FileBlob> { [self] (_) throws(Failure) in try next(20_000) }
        let blobs = PagedStream<BlobStatus> { (last) throws(Failure) in
            try mapError(to: Failure.self) { try store.list(after: last?.name, limit: 20_000) }
        }
        var join = MergeJoin(listed, by: \.name, blobs, by: \.name)
        while let pair = try join.next() {
            if case .right(let blob) = pair { try body(blob.name) }
        }
    }
}
