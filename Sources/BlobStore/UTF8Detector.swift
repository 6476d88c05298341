// Whether bytes are text in UTF-8.

/// Tells text in UTF-8 from other bytes (RFC 3629), in pieces of any size. It costs nothing from the first wrong byte on,
/// which most other files have among their first.
struct UTF8Detector {
    private var isPossible = true
    private var hasOtherThanASCII = false
    /// Bytes of a character that are still to come, and what the next of them may be.
    private var missing = 0
    private var next: ClosedRange<UInt8> = 0x80...0xBF

    /// Whether there is a character outside of ASCII, and no byte that is not UTF-8. Bytes of ASCII alone may be another
    /// encoding's (ISO-2022-JP, UTF-7), and look the same in most; NUL is UTF-16's.
    var isUTF8: Bool { isPossible && hasOtherThanASCII && missing == 0 }

    mutating func update(_ bytes: Span<UInt8>) {
        var index = 0
        while isPossible, index < bytes.count {
            if missing == 0 { index = Self.endOfASCII(bytes, from: index) }
            if index < bytes.count { take(bytes[index]) }
            index += 1
        }
    }

    /// Where the letters of ASCII that begin at `index` end. In blocks, which the compiler turns into vectors: one letter at a
    /// time takes longer than SHA-256 does.
    private static func endOfASCII(_ bytes: Span<UInt8>, from index: Int) -> Int {
        let step = 64
        var index = index
        while index <= bytes.count - step, isASCII(bytes[index]) {
            let block = bytes.extracting(index..<index + step)
            var marks: UInt8 = 0
            // The highest bit is set in one of the two for NUL and for all that is not ASCII.
            for place in 0..<step { marks |= block[place] | (block[place] &- 1) }
            if marks >= 0x80 { break }
            index += step
        }
        while index < bytes.count, isASCII(bytes[index]) { index += 1 }
        return index
    }

    private static func isASCII(_ byte: UInt8) -> Bool { (0x01..<0x80).contains(byte) }

    private mutating func take(_ byte: UInt8) {
        if missing > 0 {
            isPossible = next.contains(byte)
            missing -= 1
            next = 0x80...0xBF
            return
        }
        hasOtherThanASCII = true
        // No overlong forms, no surrogates, nothing above U+10FFFF.
        switch byte {
        case 0xC2...0xDF: missing = 1
        case 0xE0...0xEF: missing = 2
        case 0xF0...0xF4: missing = 3
        default: isPossible = false
        }
        switch byte {
        case 0xE0: next = 0xA0...0xBF
        case 0xED: next = 0x80...0x9F
        case 0xF0: next = 0x90...0xBF
        case 0xF4: next = 0x80...0x8F
        default: break
        }
    }
}
