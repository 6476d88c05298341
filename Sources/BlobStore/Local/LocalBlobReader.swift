// A blob of a local store that is open for reading.

internal import POSIX

final class LocalBlobReader: BlobReader {
    private let file: FileDescriptor
    let size: Int64

    init(_ path: String) throws(SystemError) {
        file = try FileSystem.open(path, followingLinks: false)
        size = try file.status().size
    }

    func read(at offset: Int64, into buffer: inout OutputSpan<UInt8>) throws(BlobStoreError) -> Int {
        var count = 0
        do {
            while !buffer.isFull {
                let more = try file.read(at: offset + Int64(count), into: &buffer)
                if more == 0 { break }
                count += more
            }
        } catch {
            throw BlobStoreError(error)
        }
        return count
    }
}
