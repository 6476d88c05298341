import Testing

@testable import CofferCore

struct ColumnTests {
    private func refused(_ kind: Column.Kind, _ value: String) -> Failure? {
        refusal { () throws(Failure) in try kind.check(value) }
    }

    @Test(
        arguments: [
            (.text, ""), (.text, "'; drop table files; --"), (.text, "é\u{1}"),
            (.uuid, "6b1f0e1c-0000-4000-8000-00000000000a"), (.uuid, "6B1F0E1C-0000-4000-8000-00000000000A"),
            (.integer, "0"), (.integer, "-1"), (.integer, "+1"), (.integer, "9223372036854775807"),
            (.integer, "-9223372036854775808"), (.integer, " 7 "), (.boolean, "true"), (.boolean, "false"),
        ] as [(Column.Kind, String)])
    func `a value of the column's type is accepted`(kind: Column.Kind, value: String) {
        #expect(refused(kind, value) == nil)
    }

    @Test(
        arguments: [
            (.text, "a\u{0}", "text", #""a\u0000""#), (.uuid, "", "uuid", #""""#), (.uuid, "x", "uuid", #""x""#),
            (.uuid, "6b1f0e1c-0000-4000-8000-00000000000", "uuid", #""6b1f0e1c-0000-4000-8000-00000000000""#),
            (.uuid, " 6b1f0e1c-0000-4000-8000-00000000000a", "uuid", #"" 6b1f0e1c-0000-4000-8000-00000000000a""#),
            (.integer, "", "bigint", #""""#), (.integer, " ", "bigint", #"" ""#),
            (.integer, "1.0", "bigint", #""1.0""#),
            (.integer, "1e3", "bigint", #""1e3""#), (.integer, "- 1", "bigint", #""- 1""#),
            (.integer, "٣", "bigint", #""٣""#),
            (.integer, "a\"b", "bigint", #""a\"b""#), (.boolean, "yes", "boolean", #""yes""#),
            (.timestamp, "yesterday", "timestamp with time zone", #""yesterday""#),
        ] as [(Column.Kind, String, String, String)])
    func `another value is refused with PostgreSQL's message`(
        kind: Column.Kind, value: String, type: String, quoted: String
    ) {
        let failure = refused(kind, value)
        #expect(failure?.kind == .invalidValue)
        #expect(failure?.message == "invalid input syntax for type \(type): \(quoted)")
    }

    @Test(arguments: ["9223372036854775808", "-9223372036854775809", "+99999999999999999999", " 9223372036854775808"])
    func `a number beyond 64 bits is out of range`(value: String) {
        let failure = refused(.integer, value)
        #expect(failure?.kind == .outOfRange)
        #expect(failure?.message == "value \"\(value)\" is out of range for type bigint")
    }

    @Test(arguments: [
        "2026-11-24", "2024-02-29", "2000-02-29", "0001-01-01", "9999-12-31", "2026-11-24T01:02", "2026-11-24 01:02:03",
        "2026-11-24T01:02:03Z", "2026-11-24T23:59:59.123456789Z", "2026-11-24T01:02:03.4+02:00",
        "2026-11-24T01:02:03-0330", "2026-11-24 01:02:03+00", "2026-11-24T01:02Z", " 2026-11-24 ",
    ])
    func `a time in the form of ISO 8601 or PostgreSQL is accepted`(value: String) {
        #expect(refused(.timestamp, value) == nil)
    }

    @Test(arguments: [
        "", "2026", "2026-11", "2026-1-1", "26-11-24", "0000-01-01", "2026-13-01", "2026-00-01", "2026-11-31",
        "2026-11-00",
        "2023-02-29", "1900-02-29", "2026-11-24T", "2026-11-24T01", "2026-11-24T24:00", "2026-11-24T01:60",
        "2026-11-24T01:02:60", "2026-11-24T01:02:03.", "2026-11-24T01:02:03.1234567890", "2026-11-24T01:02:03+",
        "2026-11-24T01:02:03+16", "2026-11-24T01:02:03+02:60", "2026-11-24T01:02:03+02:0", "2026-11-24T01:02:03Zx",
        "2026-11-24Z", "2026-11-24x01:02", "now", "infinity", "２026-11-24",
    ])
    func `a text that is not a time is refused`(value: String) {
        #expect(refused(.timestamp, value)?.kind == .invalidValue)
    }

    @Test func `an offset whose plus sign was decoded to a space is refused with a hint`() throws {
        let failure = refusal { () throws(Failure) in try query("created_at=gte.2026-11-24T01:02:03+02:00") }
        #expect(failure?.kind == .invalidValue)
        #expect(
            failure?.message
                == #"invalid input syntax for type timestamp with time zone: "2026-11-24T01:02:03 02:00""#)
        #expect(failure?.hint == "In a URL a plus sign is written %2B.")
        _ = try query("created_at=gte.2026-11-24T01:02:03%2B02:00")
    }
}
