import TestSupport
import Testing

@testable import CofferCore

struct JSONTests {
    private func read(_ text: String) -> JSON? { try? JSON(Array(text.utf8)) }

    private func offset(_ text: String) -> Int? {
        do {
            _ = try JSON(Array(text.utf8))
            return nil
        } catch {
            return error.offset
        }
    }

    @Test(arguments: [
        ("null", JSON.null), ("true", .bool(true)), (" \t\r\nfalse\n", .bool(false)), ("0", .number("0")),
        ("-0", .number("-0")), ("-12.50E+3", .number("-12.50E+3")), ("1e-7", .number("1e-7")), (#""""#, .string("")),
        (#""a\"\\\/\b\f\n\r\t""#, .string("a\"\\/\u{8}\u{C}\n\r\t")), (#""\u00e9\u00E9""#, .string("éé")),
        (#""\ud83d\uDD11""#, .string("🔑")), (#""\u0000""#, .string("\u{0}")), (#""é日🔑""#, .string("é日🔑")),
        ("\"\u{7F}\"", .string("\u{7F}")), ("[]", .array([])), ("[ 1 , [ ] ]", .array([.number("1"), .array([])])),
        ("{}", .object([:])), (#"{"a":1,"b":{"":null}}"#, .object(["a": .number("1"), "b": .object(["": .null])])),
    ])
    func `valid JSON is read`(text: String, value: JSON) {
        #expect(read(text) == value)
    }

    @Test(arguments: [
        ("", 0), ("  ", 2), ("tru", 3), ("True", 0), ("nul1", 3), ("NaN", 0), ("+1", 0), ("-", 1), ("01", 1), ("1.", 2),
        (".5", 0), ("1e", 2), ("1e+", 3), ("0x10", 1), ("[1,]", 3), ("[1 2]", 3), ("[", 1), ("]", 0), ("{,}", 1),
        (#"{"a"}"#, 4), (#"{"a":}"#, 5), (#"{a:1}"#, 1), (#"{"a":1,}"#, 7), ("'a'", 0), ("1 2", 2), ("/**/1", 0),
        ("\u{FEFF}1", 0),
    ])
    func `invalid JSON is refused with the position of the error`(text: String, place: Int) {
        #expect(offset(text) == place)
    }

    @Test(arguments: [
        #"""#, #""a"#, #""\"#, #""\x""#, #""\u12""#, #""\u12G4""#, #""\ud83d""#, #""\ud83dx""#, #""\ud83d\n""#,
        #""\ud83d\u0041""#, #""\udd11""#, "\"a\nb\"", "\"\u{0}\"", "\"\u{1F}\"",
    ])
    func `a string that is broken, holds a lone surrogate or a control character is refused`(text: String) {
        #expect(read(text) == nil)
    }

    @Test(
        arguments: [
            [0xFF], [0xC3], [0xC0, 0xAF], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xE2, 0x82],
        ] as [[UInt8]])
    func `invalid UTF-8 is refused`(bytes: [UInt8]) {
        #expect((try? JSON([0x22] + bytes + [0x22])) == nil)
        #expect((try? JSON(bytes)) == nil)
    }

    @Test(arguments: [#"{"a":1,"a":1}"#, #"{"a":null,"b":2,"\u0061":3}"#, #"[{"":1,"":2}]"#])
    func `a repeated name is refused`(text: String) {
        #expect(read(text) == nil)
    }

    @Test func `32 levels of nesting are read, and more are refused`() {
        let nested = { (depth: Int) in
            String(repeating: "[", count: depth) + "1" + String(repeating: "]", count: depth)
        }
        #expect(read(nested(32)) != nil)
        #expect(read(nested(33)) == nil)
        #expect(read(String(repeating: "[", count: 1_000_000)) == nil)
        #expect(read(String(repeating: #"{"a":"#, count: 1_000_000)) == nil)
    }

    @Test(
        arguments: [
            ("0", 0), ("-0", 0), ("9223372036854775807", .max), ("-9223372036854775808", .min),
            ("9223372036854775808", nil), ("9007199254740993", 9_007_199_254_740_993), ("1.0", 1), ("1.5", nil),
            ("1e3", 1000),
            ("1e400", nil), ("-1e400", nil), (#""1""#, nil), ("true", nil),
        ] as [(String, Int64?)])
    func `an integer keeps all its 64 bits, and other numbers are not integers`(text: String, value: Int64?) throws {
        #expect(try #require(read(text)).integer == value)
    }

    @Test func `only an object has members, and only a string has a text`() {
        let object = read(#"{"a":"x","b":1}"#)
        #expect(object?["a"]?.string == "x")
        #expect(object?["b"]?.string == nil)
        #expect(object?["c"] == nil)
        #expect(read("[1]")?["a"] == nil)
    }

    @Test(arguments: [
        ("", #""""#), ("a\"b\\", #""a\"b\\""#), ("\n\r\t", #""\n\r\t""#), ("\u{0}\u{1F}", #""\u0000\u001f""#),
        ("/é🔑\u{7F}", "\"/é🔑\u{7F}\""),
    ])
    func `a quoted text is escaped where it must be`(text: String, quoted: String) {
        #expect(JSON.quoted(text) == quoted)
    }

    @Test func `any text that is quoted reads back as itself`() {
        var random = RepeatableGenerator(seed: 1)
        for _ in 0..<2000 {
            let text = random.text(length: 12)
            #expect(read(JSON.quoted(text))?.string?.utf8.elementsEqual(text.utf8) == true)
        }
    }

    @Test func `no bytes make the reader crash`() {
        var random = RepeatableGenerator(seed: 2)
        let alphabet = Array(#"{}[]",:\u0aDd8eE+-.tfn \#u{1F}\#u{C3}"#.utf8)
        for _ in 0..<5000 {
            _ = try? JSON(random.bytes(length: 16))
            _ = try? JSON((0..<16).map { _ in alphabet.randomElement(using: &random) ?? 0 })
        }
    }
}
