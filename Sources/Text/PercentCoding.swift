// Percent-encoding (RFC 3986 §2.1), also in forms, and in extended header values (RFC 8187).

public enum PercentCoding {
    /// Decodes `%XX`. nil for an incomplete escape or invalid UTF-8.
    ///
    /// - Parameter form: whether `+` means a space.
    public static func decode(_ text: Substring.UTF8View, form: Bool = false) -> String? {
        let text = text.span
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count)
        var position = 0
        while position < text.count {
            switch text[position] {
            case UInt8(ascii: "%"):
                guard position + 2 < text.count, let high = text[position + 1].hexadecimalValue,
                    let low = text[position + 2].hexadecimalValue
                else { return nil }
                bytes.append(high << 4 | low)
                position += 2
            case UInt8(ascii: "+") where form: bytes.append(UInt8(ascii: " "))
            case let byte: bytes.append(byte)
            }
            position += 1
        }
        return String(utf8: bytes.span)
    }

    /// Encodes all bytes except letters, digits and those of `allowed`.
    public static func encode(_ text: String, allowed: StaticString = "-._~") -> String {
        let kept = allowed.description
        let isKept = { (byte: UInt8) in byte.isASCIILetter || byte.isASCIIDigit || kept.hasByte(byte) }
        if text.allBytes(isKept) { return text }
        let text = text.utf8.span
        var result: [UInt8] = []
        result.reserveCapacity(text.count)
        for index in text.indices {
            let byte = text[index]
            if isKept(byte) {
                result.append(byte)
            } else {
                result.append(UInt8(ascii: "%"))
                result.append((byte >> 4).hexadecimalDigit(UInt8(ascii: "A")))
                result.append((byte & 15).hexadecimalDigit(UInt8(ascii: "A")))
            }
        }
        return String(decoding: result, as: UTF8.self)
    }

    /// The text of a header value. Decodes the extended form `UTF-8''caf%C3%A9` (RFC 8187 §3.2), and returns any other
    /// value unchanged.
    ///
    /// - Returns: nil if an extended value cannot be decoded.
    public static func headerValue(_ value: String) -> String? {
        guard let encoded = extended(value) else { return value }
        return decode(encoded.utf8)
    }

    /// Whether a header value has the extended form.
    public static func isExtended(_ value: String) -> Bool { extended(value) != nil }

    /// The percent-encoded part of an extended value. nil if the value is not extended.
    private static func extended(_ value: String) -> Substring? {
        guard value.utf8.count >= 7, value.prefix(6).lowercased() == "utf-8'",
            let end = value.dropFirst(6).firstIndex(of: "'")
        else { return nil }
        return value[value.index(after: end)...]
    }
}
