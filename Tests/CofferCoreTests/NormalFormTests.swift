@testable import CofferCore
import Testing

@Suite struct NormalFormTests {
    @Test(arguments: [
        ("", ""), ("plain", "plain"), ("cafe\u{301}", "caf\u{E9}"), ("caf\u{E9}", "caf\u{E9}"),
        // Hangul syllables of conjoining letters, as macOS sends them.
        ("\u{1112}\u{1161}\u{11AB}", "\u{D55C}"),
        // Marks are put into their order.
        ("q\u{307}\u{323}", "q\u{323}\u{307}"),
        // A singleton, and a letter that composition leaves apart.
        ("\u{212A}", "K"), ("\u{958}", "\u{915}\u{93C}"),
        // Forms of compatibility stay what they are.
        ("\u{FB01}", "\u{FB01}"),
    ])
    func `a text is brought into NFC`(text: String, expected: String) {
        #expect(Array(text.normalized.unicodeScalars) == Array(expected.unicodeScalars))
    }
}
