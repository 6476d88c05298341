// The body of a request.

internal import HTTP
internal import System

/// A body that can be sent any number of times.
struct S3Payload {
    /// In bytes.
    let length: Int64
    /// In hexadecimal.
    let sha256: String
    /// Begins anew each time it is called.
    let source: () -> HTTPRequest.Source

    init(_ bytes: [UInt8]) throws(BlobStoreError) {
        self.init(length: Int64(bytes.count), sha256: hexadecimal(try digest(of: bytes.span))) {
            var offset = 0
            return { space in
                let count = min(space.freeCapacity, bytes.count - offset)
                space.append(copying: bytes.span.extracting(offset..<(offset + count)))
                offset += count
                return true
            }
        }
    }

    init(length: Int64, sha256: String, source: @escaping () -> HTTPRequest.Source) {
        (self.length, self.sha256, self.source) = (length, sha256, source)
    }
}
