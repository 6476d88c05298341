// Range requests (RFC 9110 §14). Whoever sends the bytes, the part is chosen here.

internal import Text

/// Part of a file of known size.
public struct ByteRange: Equatable, Sendable {
    public let offset: Int64
    public let length: Int64

    public init(offset: Int64, length: Int64) {
        self.offset = offset
        self.length = length
    }

    private static let unit = "bytes="

    public enum Outcome: Equatable, Sendable {
        case whole
        case part(ByteRange)
        case notSatisfiable
    }

    /// Reads a `Range` field against a size. Other units, several ranges and broken syntax mean the whole file, as
    /// RFC 9110 §14.2 allows a server to ignore them.
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

    /// Digits as a number (one too large counts as the largest), nothing as nil in the result, others as nil.
    private static func number(_ text: Substring) -> Int64?? {
        if text.isEmpty { return .some(nil) }
        guard text.utf8.allSatisfy(\.isASCIIDigit) else { return nil }
        return .some(Int64(text) ?? .max)
    }

    /// Whether any web server reads a `Range` field as `evaluate` does: one range, written plainly, of numbers that fit 64
    /// bits whatever is added to them.
    public static func isPlain(_ field: String) -> Bool {
        guard field.hasPrefix(unit) else { return false }
        let ends = field.dropFirst(unit.count).split(separator: "-", omittingEmptySubsequences: false)
        return ends.count == 2 && ends.allSatisfy { $0.utf8.count <= 18 && $0.utf8.allSatisfy(\.isASCIIDigit) }
    }

    /// Whether `If-Range` allows the range (RFC 9110 §13.1.5): a strong tag that is equal. A date never does, as two
    /// versions can have the same (§8.8.2.2), and parts of both would be put together.
    public static func isAllowed(ifRange: String?, tag: String) -> Bool {
        guard let ifRange else { return true }
        return ifRange.trimmed == "\"\(tag)\""
    }
}
