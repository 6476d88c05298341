// A request before it is sent, and the head of its answer.

public struct HTTPField: Equatable, Sendable {
    public let name: String
    public let value: String

    public init(_ name: String, _ value: String) {
        (self.name, self.value) = (name, value)
    }
}

public struct HTTPRequest {
    /// Gives the body's bytes in order: appends at least one each time it is asked, until `length` of them were given.
    /// False stops the transfer.
    public typealias Source = (inout OutputSpan<UInt8>) -> Bool

    public enum Body {
        case none
        /// - Parameter length: in bytes.
        case source(length: Int64, Source)
    }

    public let method: String
    /// `http:` or `https:`, sent as it is: encoded already.
    public let url: String
    /// Beside Host and Content-Length, which follow from the rest.
    public let fields: [HTTPField]
    public let body: Body

    public init(_ method: String, _ url: String, fields: [HTTPField] = [], body: Body = .none) {
        (self.method, self.url, self.fields, self.body) = (method, url, fields, body)
    }
}

/// Status and fields of an answer.
public struct HTTPHead: Equatable, Sendable {
    public let status: Int
    public let fields: [HTTPField]

    /// The value of the first field of that name, which is compared without regard to case.
    public func field(_ name: String) -> String? {
        let wanted = name.lowercased()
        return fields.first { $0.name.lowercased() == wanted }?.value
    }
}
