// One request to the bucket, and its answer.

internal import HTTP
internal import System

struct S3Request {
    let method: String
    /// Nil for the bucket itself.
    var key: String?
    var query: [(name: String, value: String)] = []
    var fields: [HTTPField] = []
    var payload: S3Payload?
    /// False where an answer of 200 cannot be believed; then the request is sent again.
    var isGood: (HTTPHead) -> Bool = { _ in true }

    init(_ method: String, _ key: String? = nil, query: [(name: String, value: String)] = []) {
        (self.method, self.key, self.query) = (method, key, query)
    }
}

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

struct S3Answer {
    let head: HTTPHead
    let body: [UInt8]
}
