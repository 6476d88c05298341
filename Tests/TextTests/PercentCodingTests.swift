import TestSupport
import Testing

@testable import Text

struct PercentCodingTests {
    private func decode(_ text: String, form: Bool = false) -> String? {
        PercentCoding.decode(Substring(text).utf8, form: form)
    }

    @Test(arguments: [
        ("", ""), ("abc", "abc"), ("%41%62c", "Abc"), ("caf%C3%A9", "café"), ("caf%c3%a9", "café"), ("%2541", "%41"),
        ("a+b", "a+b"), ("%00", "\u{0}"), ("é", "é"), ("%F0%9F%94%91", "🔑"),
    ])
    func `escapes of either case are decoded once`(text: String, decoded: String) {
        #expect(decode(text) == decoded)
    }

    @Test func `a plus is a space in a form only`() {
        #expect(decode("a+b%2Bc", form: true) == "a b+c")
        #expect(decode("a+b%2Bc") == "a+b+c")
    }

    @Test(arguments: ["%", "%4", "a%", "%G0", "%0G", "% 41", "%+1", "%C3", "%FF", "%C0%AF", "%ED%A0%80", "%é1"])
    func `a broken escape and invalid UTF-8 are refused`(text: String) {
        #expect(decode(text) == nil)
        #expect(decode(text, form: true) == nil)
    }

    @Test func `everything except letters, digits and allowed characters is encoded`() {
        #expect(PercentCoding.encode("aZ09-._~/é%") == "aZ09-._~%2F%C3%A9%25")
        #expect(PercentCoding.encode("a/b~", allowed: "/") == "a/b%7E")
    }

    @Test func `any text is read back from its encoded form`() {
        var random = RepeatableGenerator(seed: 5)
        for _ in 0..<1000 {
            let text = random.text(length: 12)
            let encoded = PercentCoding.encode(text)
            #expect(decode(encoded)?.utf8.elementsEqual(text.utf8) == true)
            #expect(decode(encoded, form: true)?.utf8.elementsEqual(text.utf8) == true)
        }
    }

    @Test(
        arguments: [
            ("plain.txt", "plain.txt"), ("", ""), ("UTF-8''caf%C3%A9.txt", "café.txt"), ("utf-8'de'a%20b", "a b"),
            ("UTF-8''", ""), ("UTF-8''%FF", nil), ("UTF-8''100%", nil), ("100%", "100%"), ("a%20b", "a%20b"),
            ("UTF-8'", "UTF-8'"), ("UTF-8'x", "UTF-8'x"), ("ISO-8859-1''%E9", "ISO-8859-1''%E9"), ("café", "café"),
            ("'UTF-8''a", "'UTF-8''a"), ("UTF-8''a'b", "a'b"),
        ] as [(String, String?)])
    func `a header value in the form of RFC 8187 is decoded, and any other stays as it is`(
        value: String, text: String?
    ) {
        #expect(PercentCoding.headerValue(value) == text)
    }
}
