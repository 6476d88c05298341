// The body of a request.

internal import Cryptography
internal import HTTP
internal import POSIX
internal import Text

/// A request's body, which can be sent several times.
struct S3Payload {
    /// In bytes.
    let length: Int64
    /// Hexadecimal.
    let sha256: String
    /// Makes a source that reads the body from its beginning.
    let source: () -> HTTPRequest.Source

    init(_ bytes: [UInt8]) {
        self.init(length: Int64(bytes.count), sha256: hexadecimal(Cryptography.sha256(bytes.span))) {
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
