internal import Text

/// Whether a text is a UUID in the canonical lower-case form (RFC 9562 §4).
public func isUUID(_ text: String) -> Bool {
    let bytes = text.utf8.span
    guard bytes.count == 36 else { return false }
    for position in bytes.indices {
        let isHyphenated = position == 8 || position == 13 || position == 18 || position == 23
        let byte = bytes[position]
        guard isHyphenated ? byte == UInt8(ascii: "-") : byte.isLowerHexadecimalDigit else { return false }
    }
    return true
}
