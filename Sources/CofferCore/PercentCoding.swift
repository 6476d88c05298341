// Percent-encoding (RFC 3986 §2.1), the form-encoded query, and the extended header values of RFC 8187.

public enum PercentCoding {
    /// Decodes `%XX` (and `+` as a space where `form` says so); nil for a broken escape or invalid UTF-8.
    public static func decode(_ text: Substring.UTF8View, form: Bool = false) -> String? {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count)
        var rest = text
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "%"):
                guard let high = rest.popFirst()?.hexadecimalValue, let low = rest.popFirst()?.hexadecimalValue
                else { return nil }
                bytes.append(high << 4 | low)
            case UInt8(ascii: "+") where form: bytes.append(UInt8(ascii: " "))
            default: bytes.append(byte)
            }
        }
        return String(validating: bytes, as: UTF8.self)
    }

    /// Encodes all but letters, digits and the bytes of `allowed`.
    public static func encode(_ text: String, allowed: StaticString = "-._~") -> String {
        let digits = Array("0123456789ABCDEF".utf8)
        let kept = allowed.description.utf8
        var result: [UInt8] = []
        for byte in text.utf8 {
            if byte.isASCIILetter || byte.isASCIIDigit || kept.contains(byte) {
                result.append(byte)
            } else {
                result += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: result, as: UTF8.self)
    }

    /// A header value as text: the extended form `UTF-8''caf%C3%A9` (RFC 8187 §3.2) decoded, any other as it is.
    ///
    /// - Returns: nil for an extended value that is broken.
    public static func headerValue(_ value: String) -> String? {
        guard let encoded = extended(value) else { return value }
        return decode(encoded.utf8)
    }

    /// Whether a header value has the extended form.
    public static func isExtended(_ value: String) -> Bool { extended(value) != nil }

    /// What is percent-encoded in a value of the extended form.
    private static func extended(_ value: String) -> Substring? {
        guard value.utf8.count >= 7, value.prefix(6).lowercased() == "utf-8'",
            let end = value.dropFirst(6).firstIndex(of: "'")
        else { return nil }
        return value[value.index(after: end)...]
    }
}

/// The parameters of a query string, in order, decoded.
///
/// Form decoding as PostgREST does it: `+` is a space.
public struct QueryParameters: Sendable, Equatable {
    public let pairs: [(name: String, value: String)]

    public static func == (left: Self, right: Self) -> Bool {
        left.pairs.elementsEqual(right.pairs) { $0 == $1 }
    }

    /// - Throws: `Failure` (PGRST100) for a broken escape or invalid UTF-8.
    public init(_ query: String) throws(Failure) {
        var pairs: [(name: String, value: String)] = []
        for part in query.utf8.split(separator: UInt8(ascii: "&")) {
            let name = part.prefix { $0 != UInt8(ascii: "=") }
            let value = part.dropFirst(name.count + 1)
            guard let name = PercentCoding.decode(name, form: true), let value = PercentCoding.decode(value, form: true)
            else {
                throw Failure(
                    .querySyntax, "The query string is not valid percent-encoded UTF-8",
                    details: "A '%' must be followed by two hexadecimal digits")
            }
            pairs.append((name, value))
        }
        self.pairs = pairs
    }

    /// The value of the first parameter of that name.
    public subscript(name: String) -> String? { pairs.first { $0.name == name }?.value }
}
