import Testing

@testable import CofferCore

struct QueryParserTests {
    @Test func `an error's column counts Unicode scalars, not bytes`() {
        #expect(refusal("select", "日本:é")?.kind == .unknownColumn)
        let failure = refusal("order", "\"日🔑e\u{301}")
        #expect(failure?.message == place("order", "\"日🔑e\u{301}", 1))
        #expect(refusal("and", "(file_path.eq.日🔑,é(")?.kind == .querySyntax)
        #expect(
            refusal("and", "(file_path.eq.日🔑")?.message == place("logic tree", "and(file_path.eq.日🔑", 20))
    }

    @Test(
        arguments: [
            ("a\\\"b\"", nil), ("\"a\\\"b\"", "a\"b"), ("\"\\\\\"", "\\"), ("\"\\é\"", "é"), ("\"a", nil),
            ("\"a\\", nil), ("\"\"", ""),
        ] as [(String, String?)])
    func `a backslash in quotes escapes the next character`(text: String, content: String?) {
        var parser = QueryParser("value", text)
        #expect(parser.quoted() == content)
        if content == nil { #expect(parser.remainder() == text) }
    }

    @Test func `a name ends at an arrow but not at a hyphen`() throws {
        var parser = QueryParser("name", "a-b->c")
        #expect(try parser.name() == "a-b")
        #expect(parser.remainder() == "->c")
    }

    @Test func `a character is one scalar, and empty at the end`() {
        var parser = QueryParser("value", "é🔑")
        #expect(parser.character() == "é")
        #expect(parser.character() == "🔑")
        #expect(parser.character() == "")
    }
}
