// The rules for file paths. The database enforces the same rules by a domain. This type refuses an invalid path
// before the database sees it, and its message names the broken rule.

internal import Text

/// A valid file path in NFC, as the database stores it.
public struct FilePath: Equatable, Sendable {
    public let text: String

    /// The longest path, in bytes of UTF-8 in NFC.
    public static let maximumLength = 1024
    /// The longest segment, in bytes of UTF-8 in NFC.
    static let maximumSegmentLength = 255

    /// - Parameter text: in any normal form. The rules are checked after its conversion to NFC.
    /// - Throws: `Failure` `.filePathRule`, whose message names the rule.
    public init(_ text: String) throws(Failure) {
        let text = text.normalized
        if let rule = Self.brokenRule(text) { throw Failure(.filePathRule, "The file path \(rule)") }
        self.text = text
    }

    private static func brokenRule(_ text: String) -> String? {
        let bytes = text.utf8.span
        let slash = UInt8(ascii: "/")
        if bytes.isEmpty { return "must not be empty" }
        if bytes.count > maximumLength { return "must not be longer than \(maximumLength) bytes" }
        if text.hasByte(UInt8(ascii: "\\")) { return "must not contain a backslash" }
        if hasControlCharacter(bytes) { return "must not contain a control character" }
        if bytes[0] == slash { return "must not begin with a slash" }
        if bytes[bytes.count - 1] == slash { return "must not end with a slash" }
        var start = 0
        while start <= bytes.count {
            let end = bytes.firstIndex(of: slash, from: start) ?? bytes.count
            if let rule = brokenRule(segment: bytes.extracting(start..<end)) { return rule }
            start = end + 1
        }
        return nil
    }

    private static func brokenRule(segment: Span<UInt8>) -> String? {
        if segment.isEmpty { return "must not have an empty segment" }
        let dot = UInt8(ascii: ".")
        if segment[0] == dot, segment.count == 1 || segment.count == 2 && segment[1] == dot {
            return "must not have a segment '.' or '..'"
        }
        if segment.count > maximumSegmentLength {
            return "must not have a segment longer than \(maximumSegmentLength) bytes"
        }
        return nil
    }

    /// Whether there is a scalar of the category Cc: U+0000 to U+001F and U+007F to U+009F. This compares bytes,
    /// because a look-up in Unicode's tables would take longer than all other rules together.
    private static func hasControlCharacter(_ bytes: Span<UInt8>) -> Bool {
        var previous: UInt8 = 0
        for index in bytes.indices {
            let byte = bytes[index]
            if byte < 0x20 || byte == 0x7F || (previous == 0xC2 && (0x80...0x9F).contains(byte)) { return true }
            previous = byte
        }
        return false
    }

    /// The last segment.
    public var name: Substring { Self.name(of: text) }

    /// The last segment of a path, which need not be valid.
    public static func name(of path: String) -> Substring {
        path.utf8.lastIndex(of: UInt8(ascii: "/")).map { path[path.utf8.index(after: $0)...] } ?? path[...]
    }
}
