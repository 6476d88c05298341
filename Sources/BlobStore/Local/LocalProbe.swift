// Can the store take a blob now, and give it back? Asked by health checks.

internal import System

extension LocalBlobStore {
    /// Writes a few random bytes to stage/, makes them durable, reads them back and removes them; then looks at some of what is there.
    func probe() throws(BlobStoreError) {
        let stage = try StageFile.create(in: layout, noting: nil)
        let written = Array(try BlobName.generate().description.utf8)
        var buffer = Buffer(capacity: written.count + 1)
        do {
            try stage.file.write(all: written.span)
            try stage.file.fsync()
            try buffer.append { (space) throws(SystemError) in _ = try stage.file.read(at: 0, into: &space) }
        } catch {
            throw BlobStoreError(error)
        }
        guard buffer.array == written else {
            throw BlobStoreError(.unavailable, "The storage gave back other bytes than were written.")
        }
        try requireAccess()
    }
}
