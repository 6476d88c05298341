// Hexadecimal digits (RFC 4648 §8). Digests, blobs' names and identifiers are written in lower case.

extension UInt8 {
    /// The value of a hexadecimal digit of either case.
    @inlinable public var hexadecimalValue: UInt8? {
        switch self {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): self - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): self - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): self - UInt8(ascii: "A") + 10
        default: nil
        }
    }

    @inlinable public var isLowerHexadecimalDigit: Bool {
        isASCIIDigit || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(self)
    }

    /// The digit of a value below 16.
    ///
    /// - Parameter ten: the letter for 10.
    func hexadecimalDigit(_ ten: UInt8) -> UInt8 { self < 10 ? UInt8(ascii: "0") + self : ten + self - 10 }
}

/// Two lower-case digits for each byte.
public func hexadecimal(_ bytes: [UInt8]) -> String {
    var digits: [UInt8] = []
    digits.reserveCapacity(2 * bytes.count)
    for byte in bytes {
        digits.append((byte >> 4).hexadecimalDigit(UInt8(ascii: "a")))
        digits.append((byte & 15).hexadecimalDigit(UInt8(ascii: "a")))
    }
    return String(decoding: digits, as: UTF8.self)
}

/// 128 unpredictable bits as 32 lower-case digits, by Swift's generator: `getrandom`. To start OpenSSL's would take a
/// plain CGI process a millisecond.
public func randomHexadecimal() -> String {
    let halves = [UInt64.random(in: 0 ... .max), UInt64.random(in: 0 ... .max)]
    return hexadecimal(halves.flatMap { half in (0..<8).map { UInt8(truncatingIfNeeded: half >> (8 * $0)) } })
}

/// Decodes two digits for each byte, in either case. nil for any other text.
public func bytes(hexadecimal text: String) -> [UInt8]? {
    let digits = text.utf8.span
    guard digits.count.isMultiple(of: 2) else { return nil }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(digits.count / 2)
    for index in stride(from: 0, to: digits.count, by: 2) {
        guard let high = digits[index].hexadecimalValue, let low = digits[index + 1].hexadecimalValue
        else { return nil }
        bytes.append(high << 4 | low)
    }
    return bytes
}
