// The content type of a stored file: the upload's Content-Type, or else the type of the path's extension. Text without
// a charset is labelled as UTF-8 if its bytes are.

internal import Text

public struct ContentType: Equatable, Sendable {
    /// The media type, with the parameters that the upload sent.
    public let type: String

    /// The longest Content-Type that is kept, in bytes.
    static let maximumLength = 255

    /// - Parameters:
    ///   - named: the upload's Content-Type. If it is absent, invalid or `application/octet-stream`, the extension
    ///     decides.
    ///   - path: the path of the file. Only the extension of its last segment matters.
    public init(named: String?, path: FilePath) {
        if let named, MediaType.essence(named) != MediaType.octets, Self.isWellFormed(named) {
            type = named
        } else {
            type = Self.guessed(from: path.name)
        }
    }

    /// The type to store. `charset=utf-8` is added to text in UTF-8 without a charset, which browsers would read as
    /// Windows-1252. Other types do not change.
    public func labelled(isUTF8: Bool) -> String {
        let labelled = type + "; charset=utf-8"
        guard isUTF8, MediaType.essence(type).hasPrefix("text/"), !namesCharset,
            labelled.utf8.count <= Self.maximumLength
        else { return type }
        return labelled
    }

    private static func guessed(from name: Substring) -> String {
        guard let dot = name.lastIndex(of: "."), dot != name.startIndex else { return MediaType.octets }
        return MediaTypeTable.type(of: name[name.index(after: dot)...].lowercased()) ?? MediaType.octets
    }

    private var namesCharset: Bool {
        type.split(separator: ";").dropFirst().contains { parameter in
            parameter.prefix { $0 != "=" }.trimmed.lowercased() == "charset"
        }
    }

    /// `type/subtype` of token characters (RFC 9110 §8.3.1), followed by printable ASCII parameters.
    private static func isWellFormed(_ type: String) -> Bool {
        MediaType.isTypeAndSubtype(MediaType.essence(type)) && type.utf8.count <= maximumLength
            && type.utf8.allSatisfy { (0x20..<0x7F).contains($0) }
    }
}
