// Range requests (RFC 9110 §14) where the worker itself sends the bytes.

/// Part of a file of known size.
public struct ByteRange: Equatable, Sendable {
    public let offset: Int64
    public let length: Int64

    public init(offset: Int64, length: Int64) {
        self.offset = offset
        self.length = length
    }

    public enum Outcome: Equatable, Sendable {
        case whole
        case part(ByteRange)
        case notSatisfiable
    }

    /// Reads a `Range` field against a size. Other units, several ranges and broken syntax mean the whole file, as
    /// RFC 9110 §14.2 allows a server to ignore them.
    public static func judge(_ field: String?, size: Int64) -> Outcome {
        guard let field, field.hasPrefix("bytes=") else { return .whole }
        let ends = field.dropFirst(6).trimmed.split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
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

    /// Whether `If-Range` allows the range (RFC 9110 §13.1.5): a strong tag that is equal, or the exact date.
    public static func isAllowed(ifRange: String?, tag: String, modified: HTTPDate) -> Bool {
        guard let ifRange else { return true }
        if let date = HTTPDate(ifRange) { return date == modified }
        if case .list(let tags) = EntityTags(ifRange), tags.count == 1 {
            return !tags[0].isWeak && tags[0].value == tag
        }
        return false
    }
}
