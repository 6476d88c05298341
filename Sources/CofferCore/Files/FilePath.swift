// The rules for a user's own name of a file, as the contract states them. The database has the same rules as a
// constraint on what it stores; this type refuses early and says which rule was broken.

/// A legal file path in NFC, as the database stores it.
public struct FilePath: Equatable, Sendable {
    public let text: String

    /// Bytes of UTF-8 in NFC.
    public static let maximumLength = 1024
    /// Bytes of UTF-8 in NFC.
    static let maximumSegmentLength = 255

    /// - Parameter text: in any normal form; the rules hold for NFC.
    /// - Throws: `Failure` `.filePathRule`, whose message names the rule.
    public init(_ text: String) throws(Failure) {
        let text = text.normalized
        if let rule = Self.brokenRule(text) { throw Failure(.filePathRule, "The file path \(rule)") }
        self.text = text
    }

    private static func brokenRule(_ text: String) -> String? {
        if text.isEmpty { return "must not be empty" }
        if text.utf8.count > maximumLength { return "must not be longer than \(maximumLength) bytes" }
        if text.utf8.contains(UInt8(ascii: "\\")) { return "must not contain a backslash" }
        if hasControlCharacter(text) { return "must not contain a control character" }
        if text.utf8.first == UInt8(ascii: "/") { return "must not begin with a slash" }
        if text.utf8.last == UInt8(ascii: "/") { return "must not end with a slash" }
        for segment in text.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false) {
            if segment.isEmpty { return "must not have an empty segment" }
            if segment.elementsEqual(".".utf8) || segment.elementsEqual("..".utf8) {
                return "must not have a segment '.' or '..'"
            }
            if segment.count > maximumSegmentLength {
                return "must not have a segment longer than \(maximumSegmentLength) bytes"
            }
        }
        return nil
    }

    /// Whether there is a scalar of the category Cc: U+0000 to U+001F and U+007F to U+009F. By bytes, as Unicode's
    /// tables would take longer than all other rules together.
    private static func hasControlCharacter(_ text: String) -> Bool {
        var previous: UInt8 = 0
        for byte in text.utf8 {
            if byte < 0x20 || byte == 0x7F || (previous == 0xC2 && (0x80...0x9F).contains(byte)) { return true }
            previous = byte
        }
        return false
    }

    /// The last segment.
    public var name: Substring { Self.name(of: text) }

    public static func name(of path: String) -> Substring {
        path.utf8.lastIndex(of: UInt8(ascii: "/")).map { path[path.utf8.index(after: $0)...] } ?? path[...]
    }
}
