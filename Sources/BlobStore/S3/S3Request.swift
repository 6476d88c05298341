// One request to the bucket.

internal import HTTP
internal import POSIX
internal import Text

struct S3Request {
    let method: String
    /// nil for the bucket itself.
    var key: String?
    var query: [(name: String, value: String)] = []
    var fields: [HTTPField] = []
    var payload: S3Payload?
    /// Checks a successful answer. If this returns false, the request is sent again.
    var isGood: (HTTPHead) -> Bool = { _ in true }

    init(_ method: String, _ key: String? = nil, query: [(name: String, value: String)] = []) {
        (self.method, self.key, self.query) = (method, key, query)
    }
}
