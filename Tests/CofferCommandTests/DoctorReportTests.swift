import CofferCore
import Testing

@testable import CofferCommand

struct DoctorReportTests {
    private func outcome(
        _ id: String, _ state: DoctorOutcome.State, came: String? = "what came", mend: String? = nil
    ) -> DoctorOutcome {
        DoctorOutcome(id: id, asked: "the \(id)", expected: "better", state: state, came: came, mend: mend)
    }

    private var mixed: DoctorReport {
        DoctorReport(outcomes: [
            outcome("a.fine", .ok), outcome("a.hm", .warning, mend: "do that"),
            outcome("b.broken", .error, came: "two\nlines", mend: "do this"),
            outcome("b.next", .skipped(because: "b.broken"), came: nil),
            outcome("b.last", .skipped(because: "b.broken"), came: nil),
            outcome("c.far", .elsewhere(command: "curl x")), outcome("c.never", .inapplicable),
            outcome("c.quiet", .silenced(reason: "we know"), mend: "do it"),
            outcome("c.later", .skipped(because: "c.far"), came: nil),
        ])
    }

    @Test func `failures come first, with what to do, and then a count`() {
        #expect(
            mixed.text(showsAll: false) == """
                error     b.broken
                    asked:    the b.broken
                    came:     two lines
                    expected: better
                    mend:     do this
                warning   a.hm
                    asked:    the a.hm
                    came:     what came
                    expected: better
                    mend:     do that
                silenced  c.quiet: what came
                    reason:   we know
                elsewhere c.far: cannot be checked from here: what came
                    run:      curl x
                    expected: better
                skipped   because b.broken failed:
                    b.next, b.last
                skipped   because c.far cannot be checked from here:
                    c.later
                9 checks: 1 ok, 1 error, 1 warning, 1 silenced, 1 cannot be checked from here, 3 skipped, \
                1 does not apply

                """)
    }

    @Test func `all checks are shown if asked for`() {
        let text = mixed.text(showsAll: true)
        #expect(text.contains("ok        a.fine: what came\n"))
        #expect(text.contains("n/a       c.never: what came\n"))
    }

    @Test func `the exit status is that of the worst failure`() {
        #expect(mixed.exitStatus == 1)
        let (fine, hm) = (outcome("a", .ok), outcome("b", .warning))
        #expect(DoctorReport(outcomes: [fine, hm]).exitStatus == 2)
        let harmless = [
            fine, outcome("c", .silenced(reason: "x")), outcome("d", .elsewhere(command: "x")),
            outcome("e", .inapplicable), outcome("f", .skipped(because: "d")),
        ]
        #expect(DoctorReport(outcomes: harmless).exitStatus == 0)
    }

    @Test func `the JSON has every check and the counts`() throws {
        let json = try JSON(Array(mixed.json.utf8))
        guard case .array(let checks) = json["checks"] else {
            Issue.record("no checks")
            return
        }
        #expect(checks.count == 9)
        #expect(checks[2]["state"] == .string("error") && checks[2]["mend"] == .string("do this"))
        #expect(checks[3]["because"] == .string("b.broken") && checks[3]["came"] == .null)
        #expect(checks[5]["command"] == .string("curl x") && checks[7]["reason"] == .string("we know"))
        #expect(json["counts"]?["error"]?.integer == 1 && json["counts"]?["skipped"]?.integer == 3)
    }
}
