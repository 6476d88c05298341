import Testing

@testable import CofferCore

struct ASCIITests {
    @Test func `digits, letters and hexadecimal digits are those of ASCII alone`() {
        let all = (0...255).map { UInt8($0) }
        #expect(String(decoding: all.filter(\.isASCIIDigit), as: UTF8.self) == "0123456789")
        #expect(
            String(decoding: all.filter(\.isASCIILetter), as: UTF8.self)
                == "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")
        #expect(all.filter { $0.hexadecimalValue != nil }.count == 22)
        for (index, digit) in "0123456789abcdef".utf8.enumerated() { #expect(digit.hexadecimalValue == UInt8(index)) }
        for (index, digit) in "ABCDEF".utf8.enumerated() { #expect(digit.hexadecimalValue == UInt8(index + 10)) }
    }

    @Test(arguments: [("", ""), (" \t ", ""), (" a b\t", "a b"), ("a", "a"), ("\u{A0}a\n", "\u{A0}a\n")])
    func `spaces and tabs around a text go, and nothing else`(text: String, trimmed: String) {
        #expect(text.trimmed == trimmed)
    }

    @Test func `hexadecimal is two lower-case digits a byte`() {
        #expect(hexadecimal([0, 0x0F, 0xA5, 0xFF]) == "000fa5ff")
        #expect(hexadecimal([]) == "")
    }
}
