// Copies of blobs as hard links: a blob never changes, so its copies can share its bytes.

internal import POSIX

extension LocalBlobStore {
    func copy(_ copies: [BlobCopy]) throws(BlobStoreError) {
        try layout.requireOwner()
        let byDirectory = Dictionary(grouping: copies, by: \.target.prefix)
        for group in byDirectory.values { try link(group) }
        // After all links: the journal commits them together with the first flush, and the others hardly wait.
        try mapError(to: BlobStoreError.self) {
            for group in byDirectory.values { try layout.openDirectory(of: group[0].target).fsync() }
        }
    }

    /// Links the targets of one directory, which is not flushed yet.
    private func link(_ copies: [BlobCopy]) throws(BlobStoreError) {
        let directory = try mapError(to: BlobStoreError.self) { try layout.openDirectory(of: copies[0].target) }
        for copy in copies {
            do throws(SystemError) {
                try directory.link(layout.path(of: copy.source), as: copy.target.description)
            } catch  where error.number == ErrorNumber.noSuchFile {
                try layout.requirePresence()
                throw BlobStoreError(.absent, "The blob is not in the store.", underlying: error)
            } catch  where StageFile.needsCopy(error) {
                try copyBytes(copy)
            } catch {
                throw BlobStoreError(error)
            }
        }
    }

    /// Copies the bytes of a blob that cannot be linked: a file has a maximum number of links (65,000 on ext4).
    private func copyBytes(_ copy: BlobCopy) throws(BlobStoreError) {
        let blob = try WrittenBlob(StageFile.create(in: layout, pending: nil), as: copy.target)
        try self.copy(layout.path(of: copy.source), to: blob).publish()
    }
}
