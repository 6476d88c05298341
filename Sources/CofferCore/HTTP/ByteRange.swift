// Range requests (RFC 9110 §14). The worker evaluates the range, even if the web server sends the bytes.

internal import Text

/// A part of a file.
public struct ByteRange: Equatable, Sendable {
    public let offset: Int64
    public let length: Int64

    public init(offset: Int64, length: Int64) {
        self.offset = offset
        self.length = length
    }

    private static let unit = "bytes="

    /// The result of a `Range` field for a file.
    public enum Outcome: Equatable, Sendable {
        case whole
        case part(ByteRange)
        case notSatisfiable
    }

    /// Evaluates a `Range` field for a file of a size in bytes. A field with another unit, several ranges or invalid
    /// syntax is ignored (RFC 9110 §14.2), so the result is the whole file.
    public static func evaluate(_ field: String?, size: Int64) -> Outcome {
        guard let field, field.prefix(unit.count).lowercased() == unit else { return .whole }
        let ends = field.dropFirst(unit.count).trimmed.split(
            separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
        guard ends.count == 2, let first = number(ends[0]), let last = number(ends[1]) else { return .whole }
        switch (first, last) {
        case (nil, nil): return .whole
        case (nil, let suffix?):
            let length = min(suffix, size)
            return length > 0 ? .part(ByteRange(offset: size - length, length: length)) : .notSatisfiable
        case (let first?, let last):
            if let last, last < first { return .whole }
            guard first < size else { return .notSatisfiable }
            return .part(ByteRange(offset: first, length: min(last ?? .max, size - 1) - first + 1))
        }
    }

    /// A number from digits. One that does not fit counts as the largest. For an empty text the inner value is nil, and
    /// for other texts the outer one.
    private static func number(_ text: Substring) -> Int64?? {
        if text.isEmpty { return .some(nil) }
        guard text.utf8.allSatisfy(\.isASCIIDigit) else { return nil }
        return .some(Int64(text) ?? .max)
    }

    /// Whether every web server evaluates the field as `evaluate` does: it has one range, without spaces, and its
    /// numbers have at most 18 digits, so that arithmetic in 64 bits cannot overflow.
    public static func isPlain(_ field: String) -> Bool {
        guard field.hasPrefix(unit) else { return false }
        let ends = field.dropFirst(unit.count).split(separator: "-", omittingEmptySubsequences: false)
        return ends.count == 2 && ends.allSatisfy { $0.utf8.count <= 18 && $0.utf8.allSatisfy(\.isASCIIDigit) }
    }

    /// Whether `If-Range` allows the range (RFC 9110 §13.1.5): it must be a strong tag that is equal. A date never
    /// allows it, because two versions can have the same date (§8.8.2.2), and the client would combine parts of both.
    public static func isAllowed(ifRange: String?, tag: String) -> Bool {
        guard let ifRange else { return true }
        return ifRange.trimmed == "\"\(tag)\""
    }
}
