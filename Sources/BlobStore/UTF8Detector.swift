// Detects text in UTF-8 (RFC 3629).

/// Takes bytes in pieces of any size. After the first invalid byte, which most binary files have early, it does no
/// work.
struct UTF8Detector {
    private var isPossible = true
    private var hasOtherThanASCII = false
    /// How many bytes of the current character are still to come, and the range of the next one.
    private var missing = 0
    private var next: ClosedRange<UInt8> = 0x80...0xBF

    /// Whether the bytes are valid UTF-8 with a character beyond ASCII and without NUL. ASCII alone may be another
    /// encoding (ISO-2022-JP, UTF-7), and NUL suggests UTF-16.
    var isUTF8: Bool { isPossible && hasOtherThanASCII && missing == 0 }

    /// The length of `state` in bytes.
    static let stateLength = 5

    /// The state between two characters or in one.
    var state: [UInt8] {
        [isPossible ? 1 : 0, hasOtherThanASCII ? 1 : 0, UInt8(missing), next.lowerBound, next.upperBound]
    }

    init() {}

    /// Continues from a state. nil if it is none.
    init?(_ state: [UInt8]) {
        guard state.count == Self.stateLength, state[0] <= 1, state[1] <= 1, state[2] <= 3, state[3] <= state[4] else {
            return nil
        }
        (isPossible, hasOtherThanASCII) = (state[0] == 1, state[1] == 1)
        (missing, next) = (Int(state[2]), state[3]...state[4])
    }

    mutating func update(_ bytes: Span<UInt8>) {
        var index = 0
        while isPossible, index < bytes.count {
            if missing == 0 { index = Self.endOfASCII(bytes, from: index) }
            if index < bytes.count { take(bytes[index]) }
            index += 1
        }
    }

    /// The end of the run of ASCII that begins at `index`. It works in blocks, which the compiler vectorizes, as byte
    /// by byte would take longer than SHA-256.
    private static func endOfASCII(_ bytes: Span<UInt8>, from index: Int) -> Int {
        let step = 64
        var index = index
        while index <= bytes.count - step, isASCII(bytes[index]) {
            let block = bytes.extracting(index..<index + step)
            var marks: UInt8 = 0
            // For NUL and bytes beyond ASCII, the highest bit is set in one of the two.
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
        // This excludes overlong forms, surrogates and everything above U+10FFFF.
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
