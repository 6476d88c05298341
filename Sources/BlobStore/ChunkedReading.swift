// Reading a file from its beginning to its end.

internal import System

extension FileDescriptor {
    /// Reads the whole file, wherever its position is, with one buffer of `size` bytes.
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
