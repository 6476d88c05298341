import Testing

@testable import CofferCore

struct QueryParametersTests {
    private func pairs(_ query: String) throws -> [String] {
        try QueryParameters(query).pairs.map { "\($0.name)|\($0.value)" }
    }

    @Test(arguments: [
        ("", []), ("&&", []), ("a=1", ["a|1"]), ("a", ["a|"]), ("a=", ["a|"]), ("=1", ["|1"]), ("a=b=c", ["a|b=c"]),
        ("a=1&a=2&b=3", ["a|1", "a|2", "b|3"]), ("a+b=c+d", ["a b|c d"]), ("%61%3D=%26", ["a=|&"]), ("é=é", ["é|é"]),
    ])
    func `parameters keep their order, and are decoded after they are separated`(query: String, expected: [String])
        throws
    {
        #expect(try pairs(query) == expected)
    }

    @Test(arguments: ["a=%", "%=1", "a=1&b=%C3", "a=%zz"])
    func `a query that cannot be decoded is a syntax error`(query: String) {
        #expect(refusal { () throws(Failure) in try QueryParameters(query) }?.kind == .querySyntax)
    }

    @Test func `the first of several values counts`() throws {
        let parameters = try QueryParameters("a=1&a=2&b")
        #expect(parameters["a"] == "1")
        #expect(parameters["b"] == "")
        #expect(parameters["c"] == nil)
        #expect(try parameters == QueryParameters("%61=1&a=2&b="))
        #expect(try parameters != QueryParameters("a=1"))
    }

    @Test func `a value may begin with a combining character that is not escaped`() throws {
        #expect(try pairs("a=\u{301}x&\u{301}=1") == ["a|\u{301}x", "\u{301}|1"])
    }
}
