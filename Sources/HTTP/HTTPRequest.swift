// A request, and the head of its response.

/// A header field.
public struct HTTPField: Equatable, Sendable {
    public let name: String
    public let value: String

    public init(_ name: String, _ value: String) {
        (self.name, self.value) = (name, value)
    }
}

public struct HTTPRequest {
    /// Appends the next bytes of the body, at least one per call until `length` bytes were appended. Returns false to
    /// stop the transfer.
    public typealias Source = (inout OutputSpan<UInt8>) -> Bool

    public enum Body {
        case none
        /// - Parameter length: in bytes.
        case source(length: Int64, Source)
        /// Sent in chunks (RFC 9112 §7.1), so the server does not know the length in advance.
        ///
        /// - Parameter length: in bytes.
        case chunked(length: Int64, Source)

        var content: (length: Int64, source: Source)? {
            switch self {
            case .none: nil
            case .source(let length, let source), .chunked(let length, let source): (length, source)
            }
        }
    }

    public let method: String
    /// An `http:` or `https:` URL, already percent-encoded.
    public let url: String
    /// The header fields, without Host and Content-Length, which libcurl adds.
    public let fields: [HTTPField]
    public let body: Body

    public init(_ method: String, _ url: String, fields: [HTTPField] = [], body: Body = .none) {
        (self.method, self.url, self.fields, self.body) = (method, url, fields, body)
    }
}

/// The status and header fields of a response.
public struct HTTPHead: Equatable, Sendable {
    public let status: Int
    public let fields: [HTTPField]

    /// The value of the first field with this name. Names are not case-sensitive.
    public func field(_ name: String) -> String? {
        let wanted = name.lowercased()
        return fields.first { $0.name.lowercased() == wanted }?.value
    }
}
