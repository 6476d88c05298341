// Base64 in two alphabets: tokens use the URL-safe one (RFC 4648 §5), digest fields the standard one (§4).

public enum Base64 {
    private static let standardAlphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    /// Maps a byte to its six bits, and a byte outside the alphabet to 255.
    ///
    /// - Parameter last: the characters for 62 and 63.
    private static func table(_ last: (UInt8, UInt8)) -> [UInt8] {
        var table = [UInt8](repeating: 255, count: 256)
        for (value, byte) in standardAlphabet.prefix(62).enumerated() { table[Int(byte)] = UInt8(value) }
        table[Int(last.0)] = 62
        table[Int(last.1)] = 63
        return table
    }

    private static let standardTable = table((UInt8(ascii: "+"), UInt8(ascii: "/")))
    private static let urlTable = table((UInt8(ascii: "-"), UInt8(ascii: "_")))

    /// Decodes the URL-safe form without padding. nil if it contains another byte, has an impossible length, or if its
    /// unused bits are not zero.
    public static func decodeURL(_ text: ArraySlice<UInt8>) -> [UInt8]? { decode(text, urlTable) }

    /// Decodes the standard form. nil if it is invalid or its padding is wrong.
    public static func decodeStandard(_ text: String) -> [UInt8]? {
        let bytes = text.utf8
        let padding = bytes.reversed().prefix { $0 == UInt8(ascii: "=") }.count
        guard bytes.count % 4 == 0, padding <= 2 else { return nil }
        return decode(Array(bytes.dropLast(padding))[...], standardTable)
    }

    private static func decode(_ text: ArraySlice<UInt8>, _ table: [UInt8]) -> [UInt8]? {
        var result = [UInt8](repeating: 0, count: text.count * 3 / 4)
        var bytes = result.mutableSpan
        let (text, table) = (text.span, table.span)
        var length = 0
        var bits: UInt32 = 0
        var count: UInt32 = 0
        for index in text.indices {
            let value = table[Int(text[index])]
            guard value != 255 else { return nil }
            bits = bits &<< 6 | UInt32(value)
            count &+= 6
            if count >= 8 {
                count &-= 8
                bytes[length] = UInt8(truncatingIfNeeded: bits &>> count)
                length &+= 1
            }
        }
        // Six remaining bits are too few for a byte. Fewer must be zero, so that each value has only one text.
        guard count < 6, bits & (1 << count - 1) == 0 else { return nil }
        return result
    }

    /// Encodes in the standard alphabet with padding.
    public static func encode(_ bytes: [UInt8]) -> String {
        var result: [UInt8] = []
        result.reserveCapacity((bytes.count + 2) / 3 * 4)
        var index = 0
        while index < bytes.count {
            let left = bytes.count - index
            var bits = UInt32(bytes[index]) << 16
            if left > 1 { bits |= UInt32(bytes[index + 1]) << 8 }
            if left > 2 { bits |= UInt32(bytes[index + 2]) }
            result.append(standardAlphabet[Int(bits >> 18)])
            result.append(standardAlphabet[Int(bits >> 12 & 63)])
            result.append(left > 1 ? standardAlphabet[Int(bits >> 6 & 63)] : UInt8(ascii: "="))
            result.append(left > 2 ? standardAlphabet[Int(bits & 63)] : UInt8(ascii: "="))
            index += 3
        }
        return String(decoding: result, as: UTF8.self)
    }
}
