import Testing

@testable import CofferCore

struct FilePathTests {
    private static func repeated(_ text: String, _ count: Int) -> String { String(repeating: text, count: count) }

    @Test(arguments: [
        "a", "a/b", "a/b/c.txt", "...", ".a", "a.", "..a", "a..", "a b", " ", "\u{E9}", "日本/🔑", "a%2Fb", "%00",
        "~",
        "a:b", "C:", "a\u{A0}b", "a\u{200B}b", "\u{202E}a", "-rf", "a'b\"c", repeated("x", 255), repeated("é", 127),
        "a/" + repeated("x", 255),
        repeated("x", 255) + "/" + repeated("x", 255) + "/" + repeated("x", 255) + "/"
            + repeated("x", 255),
        repeated("a/", 511) + "ab",
    ])
    func `a valid path is accepted unchanged`(text: String) throws {
        #expect(try FilePath(text).text.utf8.elementsEqual(text.utf8))
    }

    @Test(arguments: [
        ("cafe\u{301}", "caf\u{E9}"), ("e\u{301}/e\u{301}", "\u{E9}/\u{E9}"),
        // Decomposed Hangul, as macOS sends it, is three times as long as what is stored.
        (repeated("\u{1112}\u{1161}\u{11AB}", 30), repeated("\u{D55C}", 30)),
        (repeated("\u{1112}\u{1161}\u{11AB}", 85), repeated("\u{D55C}", 85)),
        (repeated(repeated("e\u{301}", 100) + "/", 5) + "a", repeated(repeated("\u{E9}", 100) + "/", 5) + "a"),
    ])
    func `a path is converted to NFC before its length is checked`(text: String, stored: String) throws {
        #expect(try FilePath(text).text.utf8.elementsEqual(stored.utf8))
    }

    @Test func `a name that NFC makes longer is measured as it is stored`() {
        // NFC decomposes U+0958, so 3 bytes become 6.
        #expect(refusal { () throws(Failure) in try FilePath(Self.repeated("\u{958}", 43)) }?.kind == .filePathRule)
        #expect(refusal { () throws(Failure) in try FilePath(Self.repeated("\u{958}", 42)) } == nil)
        #expect(
            refusal { () throws(Failure) in try FilePath(Self.repeated("\u{1112}\u{1161}\u{11AB}", 86)) }?.message
                == "The file path must not have a segment longer than 255 bytes")
    }

    @Test(arguments: [
        ("", "must not be empty"), (repeated("a/", 511) + "abc", "must not be longer than 1024 bytes"),
        (repeated("é/", 341) + "éa", "must not be longer than 1024 bytes"), ("a\\b", "must not contain a backslash"),
        ("a\u{0}b", "must not contain a control character"), ("a\nb", "must not contain a control character"),
        ("a\r\nb", "must not contain a control character"), ("\u{1F}", "must not contain a control character"),
        ("\u{7F}", "must not contain a control character"), ("\u{9F}", "must not contain a control character"),
        ("/", "must not begin with a slash"), ("/a", "must not begin with a slash"),
        ("a/", "must not end with a slash"),
        ("a//b", "must not have an empty segment"), (".", "must not have a segment '.' or '..'"),
        ("..", "must not have a segment '.' or '..'"), ("a/../b", "must not have a segment '.' or '..'"),
        ("a/./b", "must not have a segment '.' or '..'"), ("a/..", "must not have a segment '.' or '..'"),
        (repeated("x", 256), "must not have a segment longer than 255 bytes"),
        ("a/" + repeated("é", 128) + "/b", "must not have a segment longer than 255 bytes"),
    ])
    func `an invalid path is refused, and the message names the rule`(text: String, rule: String) {
        let failure = refusal { () throws(Failure) in try FilePath(text) }
        #expect(failure?.kind == .filePathRule)
        #expect(failure?.message == "The file path \(rule)")
    }

    @Test(arguments: [("a", "a"), ("a/b", "b"), ("a/b/c.txt", "c.txt"), ("", ""), ("a/", "")])
    func `the name is the last segment`(path: String, name: String) {
        #expect(FilePath.name(of: path) == name)
    }

    @Test func `the name may begin with a combining character`() {
        #expect(FilePath.name(of: "a/\u{301}b") == "\u{301}b")
    }
}
