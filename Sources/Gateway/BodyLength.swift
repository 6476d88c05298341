// The one place that knows how long a body may be and whether it is whole.

/// The announced length of a body and how much of it has come.
struct BodyLength {
    /// CONTENT_LENGTH in bytes; nil when the web server sent none, or an empty one as for a chunked body.
    let announced: Int?
    private(set) var received = 0

    /// - Throws: `.malformedParameter("CONTENT_LENGTH")` unless it is digits only (RFC 9110 §8.6) and fits an Int.
    init(_ text: String?) throws(GatewayError) {
        guard let text, !text.isEmpty else {
            announced = nil
            return
        }
        // Int would also take a sign.
        guard text.utf8.allSatisfy({ (48...57).contains($0) }), let value = Int(text) else {
            throw .malformedParameter("CONTENT_LENGTH")
        }
        announced = value
    }

    /// How many of `free` bytes may be asked for: never more than announced.
    func allowed(_ free: Int) -> Int {
        announced.map { min(free, $0 - received) } ?? free
    }

    mutating func add(_ count: Int) { received += count }

    /// Bytes announced that have not come; nil when no length was announced.
    var missing: Int? { announced.map { $0 - received } }

    var truncated: GatewayError { .truncatedBody(received: received, announced: announced) }
}
