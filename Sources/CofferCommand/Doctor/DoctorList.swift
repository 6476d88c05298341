// The list of all checks, for people who silence some, and for docs/DOCTOR.md.

internal import CofferCore

struct DoctorList<Subject> {
    let checks: [DoctorCheck<Subject>]

    func output(asJSON: Bool) -> String {
        if !asJSON {
            let columns: [Table.Column] = [.text("ID"), .text("ASKS")]
            return Table(columns: columns, rows: checks.map { [$0.id, $0.asks] }).text
        }
        return jsonText(
            checks.map { check in
                [
                    "id": check.id, "asks": check.asks, "expects": check.expects, "mend": check.mend,
                    "needs": (check.needs + check.follows).joined(separator: " "),
                ]
            }) + "\n"
    }
}
