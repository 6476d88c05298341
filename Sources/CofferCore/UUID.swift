internal import Text

/// Whether a text is a UUID in the canonical lower-case form (RFC 9562 §4).
public func isUUID(_ text: String) -> Bool {
    var position = 0
    for byte in text.utf8 {
        let isHyphenated = position == 8 || position == 13 || position == 18 || position == 23
        guard isHyphenated ? byte == UInt8(ascii: "-") : byte.isLowerHexadecimalDigit else { return false }
        position += 1
    }
    return position == 36
}
