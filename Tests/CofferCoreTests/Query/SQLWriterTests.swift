import Testing

@testable import CofferCore

struct SQLWriterTests {
    private func rendered(_ name: String, _ value: String) throws -> (text: String, values: [String?]) {
        var writer = SQLWriter(editorFiles)
        let text = writer.condition(try query(name, value).conditions)
        return (text, writer.values)
    }

    @Test(arguments: [
        ("file_path", "eq.a*", "files.file_path = $1", "a*"), ("file_path", "neq.a", "files.file_path <> $1", "a"),
        ("size_bytes", "gt.1", "files.size_bytes > $1", "1"), ("size_bytes", "gte.1", "files.size_bytes >= $1", "1"),
        ("size_bytes", "lt.1", "files.size_bytes < $1", "1"), ("size_bytes", "lte.1", "files.size_bytes <= $1", "1"),
        ("file_path", "like.*a_%*", "files.file_path like $1", "%a_%%"),
        ("file_path", "ilike.*é*", "files.file_path ilike $1", "%é%"),
        ("file_path", "match.^a*", "files.file_path ~ $1", "^a*"), ("sha256", "imatch.*", "files.sha256 ~* $1", "*"),
        ("id", "like.a*", "files.id::text like $1", "a%"),
        ("size_bytes", "match.0$", "files.size_bytes::text ~ $1", "0$"),
        ("created_at", "not.ilike.2*", "not files.created_at::text ilike $1", "2%"),
        ("description", "isdistinct.a", "files.description is distinct from $1", "a"),
        ("description", "not.isdistinct.a", "not files.description is distinct from $1", "a"),
        ("file_path", "not.eq.a", "not files.file_path = $1", "a"),
        ("file_path", "in.(a,\"b,c\")", "files.file_path = any($1::text[])", #"{"a","b,c"}"#),
        ("size_bytes", "in.(1,2)", "files.size_bytes = any($1::bigint[])", #"{"1","2"}"#),
        ("size_bytes", "not.in.()", "not files.size_bytes = any($1::bigint[])", "{}"),
        (
            "file_path", #"in.("a\"b","c\\d",NULL,{})"#, "files.file_path = any($1::text[])",
            #"{"a\"b","c\\d","NULL","{}"}"#
        ),
        ("size_bytes", "gt(any).{1,2}", "files.size_bytes > any($1::bigint[])", #"{"1","2"}"#),
        ("file_path", "like(all).{a*,*b}", "files.file_path like all($1::text[])", #"{"a%","%b"}"#),
        ("id", "match(any).{a*}", "files.id::text ~ any($1::text[])", #"{"a*"}"#),
        (
            "created_at", "eq(any).{2026-11-24}", "files.created_at = any($1::timestamp with time zone[])",
            #"{"2026-11-24"}"#
        ),
        ("id", "not.eq(all).{}", "not files.id = all($1::uuid[])", "{}"),
    ])
    func `each operator has its SQL, and its value is bound`(name: String, value: String, sql: String, bound: String)
        throws
    {
        let (text, values) = try rendered(name, value)
        #expect(text == " where " + sql)
        #expect(values == [bound])
    }

    @Test(arguments: [("is.null", "is null"), ("is.not_null", "is not null")])
    func `a state is part of the text`(value: String, sql: String) throws {
        #expect(try rendered("description", value).text == " where files.description \(sql)")
        #expect(try rendered("description", "not." + value).text == " where not files.description \(sql)")
        #expect(try rendered("description", value).values.isEmpty)
    }

    @Test(arguments: Filter.State.allCases)
    func `a boolean may be in any state`(state: Filter.State) {
        var writer = SQLWriter(editorFiles)
        let filter = Filter(Column("on", .boolean), .state(state))
        #expect(
            writer.condition([.filter(filter)])
                == " where files.on is " + state.rawValue.replacing("_", with: " "))
    }

    @Test func `groups have parentheses, and values are numbered from left to right`() throws {
        let (text, values) = try rendered(
            "or", "(file_path.eq.a,not.and(size_bytes.gt.2,description.not.is.null),and(file_path.like.b*))")
        #expect(
            text == " where (files.file_path = $1 or not (files.size_bytes > $2 and not files.description is null)"
                + " or (files.file_path like $3))")
        #expect(values == ["a", "2", "b%"])
    }

    @Test func `conditions are joined by and, and a query without conditions has no where`() throws {
        var writer = SQLWriter(editorFiles)
        #expect(
            writer.condition(try query("file_path=eq.a&not.or=(size_bytes.eq.1,size_bytes.eq.2)").conditions)
                == " where files.file_path = $1 and not (files.size_bytes = $2 or files.size_bytes = $3)")
        #expect(writer.condition([]) == "")
    }

    @Test func `an array literal preserves every element`() {
        #expect(arrayLiteral([]) == "{}")
        #expect(
            arrayLiteral(["", "null", "a,b", "{}", "\"", "\\", " é "]) == #"{"","null","a,b","{}","\"","\\"," é "}"#)
    }
}
