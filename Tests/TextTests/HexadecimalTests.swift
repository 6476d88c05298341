import Testing

@testable import Text

struct HexadecimalTests {
    @Test func `digits are those of ASCII, in either case`() {
        let all = (0...255).map { UInt8($0) }
        #expect(all.filter { $0.hexadecimalValue != nil }.count == 22)
        for (index, digit) in "0123456789abcdef".utf8.enumerated() { #expect(digit.hexadecimalValue == UInt8(index)) }
        for (index, digit) in "ABCDEF".utf8.enumerated() { #expect(digit.hexadecimalValue == UInt8(index + 10)) }
        #expect(String(decoding: all.filter(\.isLowerHexadecimalDigit), as: UTF8.self) == "0123456789abcdef")
    }

    @Test func `a byte is two lower-case digits`() {
        #expect(hexadecimal([0, 0x0F, 0xA5, 0xFF]) == "000fa5ff")
        #expect(hexadecimal([]) == "")
    }

    @Test func `random digits are 32, and different each time`() {
        let all = (0..<1000).map { _ in randomHexadecimal() }
        #expect(Set(all).count == 1000)
        #expect(all.allSatisfy { $0.utf8.count == 32 && $0.utf8.allSatisfy(\.isLowerHexadecimalDigit) })
        // Each digit at each place, so that no bit is fixed.
        for place in 0..<32 { #expect(Set(all.map { Array($0.utf8)[place] }).count == 16) }
    }

    @Test func `all bytes are read back, from digits of either case`() {
        let all = (0...255).map { UInt8($0) }
        #expect(bytes(hexadecimal: hexadecimal(all)) == all)
        #expect(bytes(hexadecimal: hexadecimal(all).uppercased()) == all)
    }

    @Test(arguments: ["0", "000", "0g", "g0", " 00", "00 ", "0x00", "é", "００"])
    func `half a byte and other characters are refused`(text: String) {
        #expect(bytes(hexadecimal: text) == nil)
    }
}
