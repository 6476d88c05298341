// The content type of a stored file: as the upload named it, else guessed from the path's extension; and text that
// named no charset gets that of its bytes.

internal import Text

public struct ContentType: Equatable, Sendable {
    /// As it was named or guessed.
    public let type: String

    /// In bytes; a longer Content-Type is not kept.
    static let maximumLength = 255

    /// - Parameters:
    ///   - named: the upload's Content-Type. A malformed one says as little as none or `application/octet-stream`.
    ///   - path: of the file. The names of its directories say nothing.
    public init(named: String?, path: FilePath) {
        if let named, MediaType.essence(named) != MediaType.octets, Self.isWellFormed(named) {
            type = named
        } else {
            type = Self.guessed(from: path.name)
        }
    }

    /// The type with the charset that its bytes turned out to have. Browsers take text that does not name its charset
    /// for Windows-1252. A charset that was named stays, and bytes that are not UTF-8 get none.
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
