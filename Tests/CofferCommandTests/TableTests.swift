import Testing

@testable import CofferCommand

@Suite struct TableTests {
    @Test func `columns are aligned, numbers to the right, and control characters are removed`() {
        let table = Table(
            columns: [.text("EMAIL"), .number("BYTES"), .text("ROLE")],
            rows: [["zoë@example.org", "7", "admin"], ["a@b\u{1B}[2J\n", "1048576", ""]])
        #expect(
            table.text == """
                EMAIL              BYTES  ROLE
                zoë@example.org        7  admin
                a@b [2J          1048576

                """)
    }

    @Test func `an empty list has only the titles`() {
        #expect(Table(columns: [.text("KID"), .text("STATE")], rows: []).text == "KID  STATE\n")
    }

    @Test func `special characters are escaped in JSON`() {
        #expect(jsonText([["a\"b": "c\\d\ne\u{1}é"]]) == #"[{"a\"b":"c\\d\ne\u0001é"}]"#)
        #expect(jsonText([]) == "[]")
    }
}
