import TestSupport
import Testing

@testable import Text

struct Base64Tests {
    /// RFC 4648 §10.
    private static let vectors = [
        ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
        ("foobar", "Zm9vYmFy"),
    ]

    private func decodeURL(_ text: String) -> [UInt8]? { Base64.decodeURL(Array(text.utf8)[...]) }

    @Test(arguments: vectors)
    func `the vectors of RFC 4648 hold in both directions and both forms`(text: String, encoded: String) {
        #expect(Base64.encode(Array(text.utf8)) == encoded)
        #expect(Base64.decodeStandard(encoded) == Array(text.utf8))
        #expect(decodeURL(encoded.filter { $0 != "=" }) == Array(text.utf8))
    }

    @Test func `the alphabets differ only in their last two characters`() {
        #expect(Base64.encode([0xFB, 0xEF, 0xFF]) == "++//")
        #expect(Base64.decodeStandard("++//") == [0xFB, 0xEF, 0xFF])
        #expect(decodeURL("--__") == [0xFB, 0xEF, 0xFF])
        #expect(Base64.decodeStandard("--__") == nil)
        #expect(decodeURL("++//") == nil)
    }

    @Test(arguments: [
        "Z", "Zg", "Zg=", "Zm8", "Zm9vY", "====", "Z===", "Zg==Zg==", "Zm=v", "=Zm8", "Zm 8=", "Zm9v\n", "Zm9v====",
        "Zmé=",
    ])
    func `padding that is missing, misplaced or too long and foreign characters are refused`(text: String) {
        #expect(Base64.decodeStandard(text) == nil)
    }

    @Test(arguments: ["Zh", "Zm9", "AB", "AAB", "Z", "Zm9vY", "Zg=="])
    func `unused bits that are not zero, half a byte and padding are refused in the URL form`(text: String) {
        #expect(decodeURL(text) == nil)
    }

    @Test(arguments: ["Zh==", "Zm9=", "//8/AB=="])
    func `unused bits that are not zero are refused in the standard form`(text: String) {
        #expect(Base64.decodeStandard(text) == nil)
    }

    @Test func `any bytes are read back, and only from one text`() {
        var random = RepeatableGenerator(seed: 3)
        for _ in 0..<1000 {
            let bytes = random.bytes(length: 40)
            let text = Base64.encode(bytes)
            #expect(text.utf8.count == (bytes.count + 2) / 3 * 4)
            #expect(Base64.decodeStandard(text) == bytes)
        }
    }

    @Test func `a text that can be decoded is the one that encoding gives`() {
        var random = RepeatableGenerator(seed: 4)
        let alphabet = Array("AQgwz09+/=")
        for _ in 0..<5000 {
            let text = String((0..<4).map { _ in alphabet.randomElement(using: &random) ?? "A" })
            if let bytes = Base64.decodeStandard(text) { #expect(Base64.encode(bytes) == text) }
        }
    }
}
