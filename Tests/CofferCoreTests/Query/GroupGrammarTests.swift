import Testing

@testable import CofferCore

struct GroupGrammarTests {
    private let path = editorFiles["file_path"]
    private let size = editorFiles["size_bytes"]

    private func equal(_ value: String) -> Condition { .filter(Filter(path, .value(.equal, value))) }

    @Test func `groups nest, with not before groups and operators`() throws {
        let id = "6b1f0e1c-0000-4000-8000-00000000000a"
        let parsed = try condition(
            "or", "(id.eq.\(id),not.and(size_bytes.gt.2,description.is.null),file_path.not.like.a*)")
        #expect(
            parsed
                == .group(
                    .or, isNegated: false,
                    [
                        .filter(Filter(editorFiles["id"], .value(.equal, id))),
                        .group(
                            .and, isNegated: true,
                            [
                                .filter(Filter(size, .value(.greater, "2"))),
                                .filter(Filter(editorFiles["description"], .state(.null))),
                            ]),
                        .filter(Filter(path, isNegated: true, .value(.like, "a*"))),
                    ]))
    }

    @Test(
        arguments: [
            ("and", .and, false), ("or", .or, false), ("not.and", .and, true), ("not.or", .or, true),
        ] as [(String, Condition.Connective, Bool)])
    func `a group is a parameter of its own`(name: String, connective: Condition.Connective, isNegated: Bool) throws {
        #expect(
            try condition(name, "(file_path.eq.a)") == .group(connective, isNegated: isNegated, [equal("a")]))
    }

    @Test(
        arguments: [
            ("(file_path.eq.a)", "a"), ("(file_path.eq.\"a,b)\")", "a,b)"), ("(file_path.eq.\"a\\\"b\")", "a\"b"),
            ("(file_path.eq.)", ""), ("(file_path.eq.\"\")", ""), ("(file_path.eq.{a,b})", "{a,b}"),
            ("(file_path.eq.\"a\"b)", "\"a\"b"), ("(file_path.eq.{a)", "{a"),
            ("( file_path.eq.a b)", "a b"), (" (\"file_path\".eq.a.b)", "a.b"), ("(file_path.eq.a\"b)", "a\"b"),
            ("(file_path.eq.a )", "a "), ("(file_path.eq.\"a\" )", "\"a\" "),
        ])
    func `an unquoted value in a group ends at a comma or parenthesis`(text: String, value: String) throws {
        #expect(try condition("and", text) == .group(.and, isNegated: false, [equal(value)]))
    }

    @Test func `groups may contain lists and arrays, also quoted arrays`() throws {
        let list = Condition.filter(Filter(path, .list(["a", "b,c"])))
        let array = Condition.filter(Filter(path, .values(.equal, .any, ["a", "b,c"])))
        #expect(
            try condition(
                "or", #"(file_path.in.(a,"b,c"),file_path.eq(any).{a,"b,c"},file_path.eq(any)."{a,\"b,c\"}")"#)
                == .group(.or, isNegated: false, [list, array, array]))
    }

    @Test(
        arguments: [
            ("or", "", 3, "end of input", "\"(\""), ("or", "(", 4, "end of input", nil), ("or", "()", 4, "\")\"", nil),
            ("or", "(id)", 6, "\")\"", "\".\""), ("or", "(file_path.eq.a", 18, "end of input", "\",\" or \")\""),
            ("or", "(file_path.eq.a)x", 19, "\"x\"", "end of input"), ("or", "(file_path.eq.a,)", 19, "\")\"", nil),
            ("and", "(file_path.eq.a,,file_path.eq.b)", 20, "\",\"", nil), ("or", "(and)", 7, "\")\"", "\"(\""),
            ("not.or", "[", 7, "\"[\"", "\"(\""), ("or", "(not.and[)", 11, "\"[\"", "\"(\""),
            ("or", "(file_path.is.null x)", 22, "\"x\"", "\",\" or \")\""),
        ] as [(String, String, Int, String, String?)])
    func `an invalid group is refused with the position and what was expected`(
        name: String, text: String, column: Int, found: String, wanted: String?
    ) {
        let failure = refusal(name, text)
        #expect(failure?.kind == .querySyntax)
        #expect(failure?.message == place("logic tree", name + text, column))
        let member = "a column name, negation operator (not) or logic operator (and, or)"
        #expect(failure?.details == "unexpected \(found) expecting \(wanted ?? member)")
    }

    @Test(arguments: [
        ("(blob.eq.a)", "blob"), ("(not.eq.a)", "not"), ("(file_path.eq.a,ID.eq.1)", "ID"),
        ("(file_path.eq.{a,b)", "b"),
    ])
    func `a group may name only the relation's columns`(text: String, column: String) {
        let failure = refusal("and", text)
        #expect(failure?.kind == .unknownColumn)
        #expect(failure?.message == "column files.\(column) does not exist")
    }

    @Test func `groups may be nested 32 deep, but not deeper`() throws {
        let nested = { (depth: Int) in
            String(repeating: "(and", count: depth - 1) + "(file_path.eq.a" + String(repeating: ")", count: depth)
        }
        #expect(try condition("and", nested(32))?.size == 1)
        let failure = refusal("and", nested(33))
        #expect(failure?.kind == .querySyntax)
        #expect(failure?.message == place("logic tree", "and" + nested(33), 32 * 4 + 1))
        #expect(failure?.details == "groups are nested deeper than 32")
        #expect(refusal("and", String(repeating: "(and", count: 100_000))?.kind == .querySyntax)
    }

    @Test func `a group may hold a hundred filters, a query a thousand`() throws {
        let members = { (count: Int) in
            "(" + [String](repeating: "file_path.eq.a", count: count).joined(separator: ",") + ")"
        }
        #expect(try condition("or", members(1000))?.size == 1000)
        let failure = refusal("or", members(1001))
        #expect(failure?.kind == .querySyntax)
        #expect(failure?.message == "The query has more than 1000 filters")
    }
}
