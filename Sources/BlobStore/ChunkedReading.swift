// Reading a whole file in chunks.

internal import POSIX

extension FileDescriptor {
    /// Reads the file from its beginning, whatever its position, in chunks of at most `size` bytes.
    func forEachChunk(size: Int, _ body: (Span<UInt8>) throws(BlobStoreError) -> Void) throws(BlobStoreError) {
        var buffer = Buffer(capacity: size)
        var offset: Int64 = 0
        while true {
            buffer.removeAll()
            do {
                try buffer.append { (space) throws(SystemError) in _ = try read(at: offset, into: &space) }
            } catch {
                throw BlobStoreError(error)
            }
            if buffer.count == 0 { return }
            offset += Int64(buffer.count)
            try buffer.withBytes(body)
        }
    }
}
