// The probe of a local store, which health checks call.

internal import POSIX

extension LocalBlobStore {
    /// Writes a few random bytes to stage/ durably, reads them back and removes them. Then checks access to a sample of
    /// the store.
    func probe() throws(BlobStoreError) {
        let stage = try StageFile.create(in: layout, pending: nil)
        let written = Array(BlobName.generate().description.utf8)
        var buffer = Buffer(capacity: written.count + 1)
        do {
            try stage.file.write(all: written.span)
            try stage.file.fsync()
            try buffer.append { (space) throws(SystemError) in _ = try stage.file.read(at: 0, into: &space) }
        } catch {
            throw BlobStoreError(error)
        }
        guard buffer.array == written else {
            throw BlobStoreError(.unavailable, "The storage returned different bytes than were written.")
        }
        try requireAccess()
    }
}
