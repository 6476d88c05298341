// One request to the bucket.

internal import HTTP

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
