// A part of an upload. It is kept in memory, so that its digest can be signed and it can be sent again.

internal import Cryptography
internal import HTTP
internal import POSIX

final class S3Part {
    private var buffer: Buffer

    /// - Parameter size: in bytes. Memory is allocated as the part fills.
    init(size: Int) { buffer = Buffer(capacity: size) }

    var count: Int { buffer.count }
    var isFull: Bool { buffer.count == buffer.capacity }

    /// Appends as many of the bytes as fit.
    ///
    /// - Returns: the number of bytes appended.
    func append(_ bytes: Span<UInt8>) -> Int {
        let count = min(bytes.count, buffer.capacity - buffer.count)
        buffer.append(copying: bytes.extracting(first: count))
        return count
    }

    func clear() { buffer.removeAll() }

    /// A request that sends the part.
    ///
    /// - Parameter sha256: the part's digest, if it is known already.
    func request(
        _ method: String, _ key: String, query: [(name: String, value: String)], sha256: [UInt8]?
    ) -> S3Request {
        var request = S3Request(method, key, query: query)
        let digest = sha256 ?? buffer.withBytes { Cryptography.sha256($0) }
        let md5 = buffer.withBytes { try? Cryptography.md5($0) }
        request.carry(Int64(count), S3Digests(sha256: digest, md5: md5)) { self.source() }
        return request
    }

    private func source() -> HTTPRequest.Source {
        var offset = 0
        return { space in
            self.buffer.withBytes { bytes in
                let count = min(space.freeCapacity, bytes.count - offset)
                space.append(copying: bytes.extracting(offset..<(offset + count)))
                offset += count
            }
            return true
        }
    }
}
