@testable import CofferCore
import Testing

@Suite struct NormalFormTests {
    @Test(arguments: [
        ("", ""), ("plain", "plain"), ("cafe\u{301}", "caf\u{E9}"), ("caf\u{E9}", "caf\u{E9}"),
        // macOS sends Hangul syllables as conjoining letters.
        ("\u{1112}\u{1161}\u{11AB}", "\u{D55C}"),
        // Combining marks are sorted.
        ("q\u{307}\u{323}", "q\u{323}\u{307}"),
        // A singleton, and a letter that NFC does not compose.
        ("\u{212A}", "K"), ("\u{958}", "\u{915}\u{93C}"),
        // Compatibility characters do not change.
        ("\u{FB01}", "\u{FB01}"),
    ])
    func `a text is converted to NFC`(text: String, expected: String) {
        #expect(Array(text.normalized.unicodeScalars) == Array(expected.unicodeScalars))
    }
}
