// A local store's mark: the file `coffer-store` in its root.

internal import POSIX

extension LocalBlobStore {
    func mark() throws(BlobStoreError) -> String? {
        do {
            return StoreMark.parse(try FileSystem.contents(of: layout.mark, limit: StoreMark.maximumSize))
        } catch  where error.number == ErrorNumber.noSuchFile {
            try layout.requirePresence()
            return nil
        } catch {
            throw BlobStoreError(error)
        }
    }

    func setMark(_ mark: String) throws(BlobStoreError) {
        try layout.requireOwner()
        do {
            let new = layout.mark + ".new"
            do { try FileSystem.unlink(new) } catch  where error.number == ErrorNumber.noSuchFile {}
            let file = try layout.createFile(new)
            try file.write(all: Array("\(mark)\n".utf8).span)
            try file.fsync()
            try FileSystem.rename(new, to: layout.mark)
            try FileSystem.openDirectory(layout.root).fsync()
        } catch {
            throw BlobStoreError(error)
        }
    }
}

extension LocalLayout {
    fileprivate var mark: String { "\(root)/\(StoreMark.name)" }
}
