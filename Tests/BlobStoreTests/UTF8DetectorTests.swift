import Testing

@testable import BlobStore

struct UTF8DetectorTests {
    /// The answer for pieces of one, two … bytes. nil if they disagree.
    private func isUTF8(_ bytes: [UInt8]) -> Bool? {
        let verdicts = Set(
            (1...max(1, bytes.count)).map { step in
                var detector = UTF8Detector()
                for start in stride(from: 0, to: bytes.count, by: step) {
                    detector.update(bytes[start..<min(start + step, bytes.count)].span)
                }
                return detector.isUTF8
            })
        return verdicts.count == 1 ? verdicts.first : nil
    }

    @Test(arguments: [
        "Grüße", "é", "東京", "🙂", "\u{FEFF}bom", "a\r\n\tü\u{7F}", "\u{80}", "\u{7FF}", "\u{800}", "\u{FFFF}",
        "\u{10000}",
        "\u{10FFFF}", "\u{D7FF}\u{E000}", "plain text before and after one é is found in the middle of it all",
    ])
    func `text beyond ASCII is detected, however it is cut`(text: String) {
        #expect(isUTF8(Array(text.utf8)) == true)
    }

    @Test(arguments: ["", "ASCII alone looks the same in most encodings", "\u{1B}$B8@8l\u{1B}(B"])
    func `ASCII alone is not called UTF-8`(text: String) {
        #expect(isUTF8(Array(text.utf8)) == false)
    }

    @Test(
        arguments: [
            // Latin-1, Shift JIS, UTF-16 with and without a byte order mark, NUL.
            [0x47, 0xFC, 0xDF], [0x93, 0x8C, 0x8B, 0x9E], [0xFF, 0xFE, 0x47, 0x00], [0xFE, 0xFF, 0x00, 0x47],
            [0x47, 0x00, 0xFC, 0x00],
            [0xC3, 0xA9, 0x00],
            // Truncated, a continuation byte alone, overlong forms, surrogates, above U+10FFFF, invalid bytes.
            [0xC3], [0xE6, 0x9D], [0xF0, 0x9F, 0x99], [0x80], [0xC3, 0xA9, 0xA9], [0xC0, 0x80], [0xC1, 0xBF],
            [0xE0, 0x9F, 0xBF],
            [0xF0, 0x8F, 0xBF, 0xBF], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xF5, 0x80, 0x80, 0x80],
            [0xC3, 0x41],
            [0xE6, 0x9D, 0x41], [0xC3, 0xA9, 0xFF],
        ] as [[UInt8]])
    func `other bytes are not UTF-8, however they are cut`(bytes: [UInt8]) {
        #expect(isUTF8(bytes) == false)
    }

    @Test func `a byte beyond ASCII is found at every position of a long text`() {
        for place in 0..<200 {
            for (bytes, expected) in [([0xC3, 0xA9], true), ([0xE9], false), ([0x00], false)] as [([UInt8], Bool)] {
                var text = [UInt8](repeating: 0x61, count: 200)
                text.insert(contentsOf: bytes, at: place)
                var detector = UTF8Detector()
                detector.update(text.span)
                #expect(detector.isUTF8 == expected)
            }
        }
    }

    @Test func `it agrees with Swift on all pairs of bytes before a letter`() {
        for first in UInt8.min ... .max {
            for second in UInt8.min ... .max {
                let bytes = [first, second, 0x61]
                let isValid = String(validating: bytes, as: UTF8.self) != nil
                let expected = isValid && bytes.contains { $0 >= 0x80 } && !bytes.contains(0)
                #expect(isUTF8(bytes) == expected)
            }
        }
    }
}
