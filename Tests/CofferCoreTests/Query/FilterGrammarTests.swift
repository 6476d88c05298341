import Testing

@testable import CofferCore

struct FilterGrammarTests {
    private static let operators =
        "\"not\" or operator (eq, neq, gt, gte, lt, lte, like, ilike, match, imatch, isdistinct, in, is)"

    private func test(_ value: String, _ column: String = "file_path") throws -> Filter.Test {
        guard case .filter(let filter)? = try condition(column, value) else { fatalError("no filter") }
        #expect(filter.column.name == column)
        #expect(!filter.isNegated)
        return filter.test
    }

    @Test(
        arguments: [
            ("eq.1", .equal, "1"), ("neq.a,b", .notEqual, "a,b"), ("gt.a", .greater, "a"),
            ("gte.0", .greaterOrEqual, "0"),
            ("lt.", .less, ""), ("lte.a.b", .lessOrEqual, "a.b"), ("like.*a*", .like, "*a*"), ("ilike.%", .ilike, "%"),
            ("match.^a", .match, "^a"), ("imatch.(", .imatch, "("), ("isdistinct.a", .isDistinct, "a"),
            ("eq.not.eq.1", .equal, "not.eq.1"), ("eq.\"a\"", .equal, "\"a\""), ("eq. a ", .equal, " a "),
            ("eq.(a)", .equal, "(a)"), ("eq.\u{301}x", .equal, "\u{301}x"), ("eq.{a}", .equal, "{a}"),
        ] as [(String, Filter.Operator, String)])
    func `everything after an operator is its value`(text: String, comparison: Filter.Operator, value: String) throws {
        #expect(try test(text) == .value(comparison, value))
    }

    @Test func `a plus is a space, and an escaped plus is a plus`() throws {
        #expect(try query("file_path=eq.a+b%2Bc%20d").conditions == query("file_path", "eq.a b+c d").conditions)
    }

    @Test(arguments: ["eq.a", "in.(a)", "is.null", "like(any).{a}"])
    func `not. may precede every operator`(text: String) throws {
        guard case .filter(let filter)? = try condition("file_path", "not." + text) else { fatalError("no filter") }
        #expect(filter.isNegated)
        #expect(try filter.test == test(text))
    }

    @Test(
        arguments: [
            ("in.()", []), ("in.( )", []), ("in.(a)", ["a"]), ("in.(a,b)", ["a", "b"]),
            ("in.(a,\"b,c\")", ["a", "b,c"]),
            (#"in.("a\"b","c\\d","e\f")"#, [#"a"b"#, #"c\d"#, "ef"]), ("in.(\"\")", [""]),
            ("in.(a,,b)", ["a", "", "b"]),
            ("in.(a,)", ["a", ""]), (#"in.(a"b",c)"#, [#"a"b""#, "c"]), (#"in.("a"b,c)"#, [#""a"b"#, "c"]),
            ("in.(\"(\",\")\")", ["(", ")"]), (#"in.(a\,b)"#, [#"a\"#, "b"]), ("in.( a,b )", ["a", "b "]),
            ("in. (a) ", ["a"]), ("in.(é,\"日,本\")", ["é", "日,本"]), (#"in.("\é")"#, ["é"]), ("in.((a)", ["(a"]),
        ] as [(String, [String])])
    func `a list has elements between commas, and quotes keep a comma`(text: String, elements: [String]) throws {
        #expect(try test(text) == .list(elements))
    }

    @Test(
        arguments: [
            ("is.null", .null), ("is.not_null", .notNull), ("is.NULL", .null), ("is.Not_Null", .notNull),
        ] as [(String, Filter.State)])
    func `every column may be tested for null and not_null`(text: String, state: Filter.State) throws {
        for column in editorFiles.columns {
            #expect(try test(text, column.name) == .state(state))
        }
    }

    @Test(arguments: ["true", "false", "unknown", "TRUE"])
    func `only a boolean may be tested for a truth value`(name: String) {
        let failure = refusal("file_path", "is." + name)
        #expect(failure?.kind == .unsuitableType)
        #expect(failure?.message == "argument of IS \(name.uppercased()) must be type boolean, not type text")
        #expect(
            refusal("created_at", "is.true")?.message
                == "argument of IS TRUE must be type boolean, not type timestamp with time zone")
    }

    @Test(arguments: Filter.State.allCases)
    func `a boolean may be tested for every state`(state: Filter.State) throws {
        var parser = QueryParser("filter", "is." + state.rawValue)
        #expect(try parser.filter(Column("on", .boolean)).test == .state(state))
    }

    @Test(
        arguments: [
            ("eq(any).{a,b}", .equal, .any, ["a", "b"]), ("like(all).{*a*,b}", .like, .all, ["*a*", "b"]),
            ("gt(any).{}", .greater, .any, []), ("gt(any).{ }", .greater, .any, []),
            (#"eq(any).{"a,b","}","c\"d"}"#, .equal, .any, ["a,b", "}", "c\"d"]),
            (#"eq(any).{ a , b\,c\ , d e }"#, .equal, .any, ["a", "b,c ", "d e"]),
            ("eq(any).{\"NULL\",\"\"}", .equal, .any, ["NULL", ""]), (#"eq(any).{\null}"#, .equal, .any, ["null"]),
            ("match(any).{^a}", .match, .any, ["^a"]), ("eq(any).{é,\"日\"}", .equal, .any, ["é", "日"]),
        ] as [(String, Filter.Operator, Filter.Quantifier, [String])])
    func `any and all are followed by an array`(
        text: String, comparison: Filter.Operator, quantifier: Filter.Quantifier, elements: [String]
    ) throws {
        #expect(try test(text) == .values(comparison, quantifier, elements))
    }

    @Test(arguments: [
        ("", 1, "end of input", Self.operators), ("eq", 1, #""e""#, Self.operators),
        ("eq:1", 1, #""e""#, Self.operators),
        ("not.eq", 5, #""e""#, Self.operators), ("not.not.eq.1", 5, #""n""#, Self.operators),
        ("EQ.1", 1, #""E""#, Self.operators), ("5", 1, #""5""#, Self.operators), (".eq.1", 1, #"".""#, Self.operators),
        ("=1", 1, #""=""#, Self.operators), ("é.1", 1, #""é""#, Self.operators), ("in", 1, #""i""#, Self.operators),
        ("is", 1, #""i""#, Self.operators), ("in.", 4, "end of input", "\"(\""), ("in.a", 4, #""a""#, "\"(\""),
        ("in.(a", 6, "end of input", "\",\" or \")\""), ("in.(a)b", 7, #""b""#, "end of input"),
        ("in(any).{a}", 1, #""i""#, Self.operators),
        ("is.", 4, "end of input", "null, not_null, true, false or unknown"),
        ("is.nil", 4, #""n""#, "null, not_null, true, false or unknown"),
        ("is.null.x", 8, #"".""#, "end of input"), ("is.nullx", 4, #""n""#, "null, not_null, true, false or unknown"),
        ("neq(any).{a}", 4, #""(""#, "\".\""), ("isdistinct(all).{a}", 11, #""(""#, "\".\""),
        ("eq(some).{a}", 3, #""(""#, "\".\", \"(any).\" or \"(all).\""),
        ("eq(any){a}", 3, #""(""#, "\".\", \"(any).\" or \"(all).\""), ("eq(any).a", 9, #""a""#, "\"{\""),
        ("eq(any).{a", 11, "end of input", "\",\" or \"}\""), ("eq(any).{a}b", 12, #""b""#, "end of input"),
        ("eq(any).{a,,b}", 12, #"",""#, "an element"), ("eq(any).{a,}", 12, #""}""#, "an element"),
        ("eq(any).{\"a}", 10, "\"\"\"", "a closing quote"), ("eq(any).{a\"b\"}", 11, "\"\"\"", "\",\" or \"}\""),
        ("eq(any).{{a}}", 10, #""{""#, "an element"),
    ])
    func `an invalid filter is refused with the position and what was expected`(
        text: String, column: Int, found: String, wanted: String
    ) {
        let failure = refusal("file_path", text)
        #expect(failure?.kind == .querySyntax)
        #expect(failure?.message == place("filter", text, column))
        #expect(failure?.details == "unexpected \(found) expecting \(wanted)")
    }

    @Test(arguments: ["fts", "plfts", "phfts", "wfts", "cs", "cd", "ov", "sl", "sr", "nxr", "nxl", "adj"])
    func `operators for other types are refused as not supported`(name: String) {
        for text in ["\(name).a", "\(name)(english).a"] {
            let failure = refusal("file_path", text)
            #expect(failure?.kind == .querySyntax)
            #expect(failure?.message == place("filter", text, 1))
            #expect(failure?.details == "the operator \"\(name)\" is not supported")
        }
        #expect(refusal("file_path", "not.\(name).a")?.message == place("filter", "not.\(name).a", 5))
    }

    @Test func `a null in an array is refused, as no value equals it`() {
        for text in ["eq(any).{a,null}", "eq(any).{a,NULL }"] {
            let failure = refusal("file_path", text)
            #expect(failure?.message == place("filter", text, 12))
            #expect(failure?.details == "null cannot be an element; quote the text \"NULL\"")
        }
    }

    @Test(arguments: [
        "eq.x", "not.eq.x", "neq.", "in.(1,x)", "eq(any).{1,x}", "isdistinct.null", "gt.1.5", "in.(1,,2)", "eq.*",
    ])
    func `a value of another type than the column's is refused`(text: String) {
        #expect(refusal("size_bytes", text)?.kind == .invalidValue)
        #expect(refusal("id", text)?.kind == .invalidValue)
        #expect(refusal("created_at", text)?.kind == .invalidValue)
        #expect(refusal("file_path", text) == nil)
    }

    @Test(arguments: ["eq.\u{0}", "in.(a,\u{0})", "like.\u{0}", "match(any).{a,\u{0}}", "not.eq.a\u{0}"])
    func `a value with a zero byte is refused`(text: String) {
        #expect(refusal("file_path", text)?.kind == .invalidValue)
        #expect(refusal("size_bytes", text)?.kind == .invalidValue)
    }

    @Test func `a pattern may be compared with any column, and spaces may surround numbers`() throws {
        for column in editorFiles.columns {
            #expect(try test("like.*x*", column.name) == .value(.like, "*x*"))
            #expect(try test("imatch.x$", column.name) == .value(.imatch, "x$"))
        }
        #expect(try test("in.(1, 2)", "size_bytes") == .list(["1", " 2"]))
    }
}
