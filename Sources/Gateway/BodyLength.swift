// Decides how much of a body may be read and whether it is complete.

/// The announced length of a body and the number of bytes received.
struct BodyLength {
    /// CONTENT_LENGTH in bytes. Nil if the web server sent none or, as for a chunked body, an empty one.
    let announced: Int?
    private(set) var received = 0

    /// - Throws: `.malformedParameter("CONTENT_LENGTH")` if it is not all digits (RFC 9110 §8.6) or does not fit an
    ///   Int.
    init(_ text: String?) throws(GatewayError) {
        guard let text, !text.isEmpty else {
            announced = nil
            return
        }
        // Int would also accept a sign.
        guard text.utf8.allSatisfy({ (48...57).contains($0) }), let value = Int(text) else {
            throw .malformedParameter("CONTENT_LENGTH")
        }
        announced = value
    }

    /// How many bytes to read if `free` fit: never beyond the announced length.
    func allowed(_ free: Int) -> Int {
        announced.map { min(free, $0 - received) } ?? free
    }

    mutating func add(_ count: Int) { received += count }

    /// The number of announced bytes that have not arrived, or nil if no length was announced.
    var missing: Int? { announced.map { $0 - received } }

    var truncated: GatewayError { .truncatedBody(received: received, announced: announced) }
}
