import Testing
internal import Text

struct SeparationTests {
    @Test(arguments: [
        ("a, b, c", ", ", ["a", "b", "c"]), (", a, ", ", ", ["", "a", ""]), ("a,b", ", ", ["a,b"]), ("", ", ", [""]),
        ("aaa", "aa", ["", "a"]), ("é--ü", "--", ["é", "ü"]), ("ab", "", ["ab"]), ("a", "ab", ["a"]),
    ])
    func `a text is split at each occurrence of a separator`(text: String, separator: String, parts: [Substring]) {
        #expect(text.separated(by: separator) == parts)
    }

    @Test func `canonically equivalent texts are the same separator`() {
        #expect("a\u{E9}b".separated(by: "e\u{301}") == ["a", "b"])
    }
}
