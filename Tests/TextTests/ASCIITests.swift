import Testing

@testable import Text

struct ASCIITests {
    @Test func `digits and letters are those of ASCII alone`() {
        let all = (0...255).map { UInt8($0) }
        #expect(String(decoding: all.filter(\.isASCIIDigit), as: UTF8.self) == "0123456789")
        #expect(
            String(decoding: all.filter(\.isASCIILetter), as: UTF8.self)
                == "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")
    }

    @Test(arguments: [("", ""), (" \t ", ""), (" a b\t", "a b"), ("a", "a"), ("\u{A0}a\n", "\u{A0}a\n")])
    func `only spaces and tabs around a text are removed`(text: String, trimmed: String) {
        #expect(text.trimmed == trimmed)
    }
}
