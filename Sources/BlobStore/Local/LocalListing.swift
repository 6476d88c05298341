// The blobs of a local store, read from its directories in the order of their names.

internal import POSIX

extension LocalBlobStore {
    func status(of name: BlobName) throws(BlobStoreError) -> BlobStatus {
        do {
            return try BlobStatus(name, FileSystem.status(layout.path(of: name), followingLinks: false))
        } catch  where error.number == ErrorNumber.noSuchFile {
            try layout.requirePresence()
            throw BlobStoreError(.absent, "The blob is not in the store.", underlying: error)
        } catch {
            throw BlobStoreError(error)
        }
    }

    /// A page ends with its directory. Directories without blobs are skipped.
    func list(after last: BlobName?, limit: Int) throws(BlobStoreError) -> [BlobStatus] {
        try layout.requirePresence()
        for directory in layout.fanOut {
            if let last, directory.suffix(2) < last.prefix { continue }
            let page = try list(directory, after: last, limit: limit)
            if !page.isEmpty { return page }
        }
        return []
    }

    private func list(_ directory: String, after last: BlobName?, limit: Int) throws(BlobStoreError) -> [BlobStatus] {
        do throws(SystemError) {
            var names = try FileSystem.list(directory).compactMap { BlobName($0) }
            if let last { names.removeAll { $0 <= last } }
            var page: [BlobStatus] = []
            for name in names.sorted().prefix(limit) {
                // The blob may have been removed meanwhile.
                if let status = try FileSystem.statusIfPresent("\(directory)/\(name)", followingLinks: false) {
                    page.append(BlobStatus(name, status))
                }
            }
            return page
        } catch  where error.number == ErrorNumber.noSuchFile {
            return []
        } catch {
            throw BlobStoreError(error)
        }
    }
}

extension BlobStatus {
    fileprivate init(_ name: BlobName, _ status: FileStatus) {
        self.init(name: name, size: status.size, modified: status.modified)
    }
}
