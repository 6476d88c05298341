// What `coffer doctor` prints: failures first, then a count. With all, every check in the order of the list.

internal import CofferCore
internal import POSIX

struct DoctorReport {
    let outcomes: [DoctorOutcome]

    /// 0 if nothing is wrong, 1 after an error, 2 after warnings only.
    var exitStatus: Int32 { count("error") > 0 ? 1 : count("warning") > 0 ? 2 : 0 }

    private func count(_ word: String) -> Int { outcomes.count { $0.word == word } }

    private static let words = ["error", "warning", "silenced", "elsewhere", "skipped", "inapplicable", "ok"]

    /// For people.
    ///
    /// - Parameter showsAll: whether to show also the checks that passed or do not apply.
    func text(showsAll: Bool) -> String {
        var lines: [String] = []
        for word in Self.words where showsAll || !["inapplicable", "ok"].contains(word) {
            if word == "skipped" {
                lines += skipped
            } else {
                for outcome in outcomes where outcome.word == word { lines += self.lines(outcome) }
            }
        }
        return (lines + [summary]).map { $0 + "\n" }.joined()
    }

    private func lines(_ outcome: DoctorOutcome) -> [String] {
        let detail = { (name: String, text: String) in "    \((name + ":").padded(to: 10))\(text.oneLine)" }
        let came = outcome.came ?? ""
        switch outcome.state {
        case .ok: return ["ok        \(outcome.id): \(came.oneLine)"]
        case .inapplicable: return ["n/a       \(outcome.id): \(came.oneLine)"]
        case .elsewhere(let command):
            return [
                "elsewhere \(outcome.id): cannot be checked from here: \(came.oneLine)", detail("run", command),
                detail("expected", outcome.expected),
            ]
        case .silenced(let reason):
            return ["silenced  \(outcome.id): \(came.oneLine)", detail("reason", reason)]
        case .skipped, .warning, .error:
            let mend = outcome.mend.map { [detail("mend", $0)] } ?? []
            return [
                "\(outcome.word.padded(to: 10))\(outcome.id)", detail("asked", outcome.asked), detail("came", came),
                detail("expected", outcome.expected),
            ] + mend
        }
    }

    /// One entry for each cause.
    private var skipped: [String] {
        var causes: [(id: String, checks: [String])] = []
        for outcome in outcomes {
            guard case .skipped(let cause) = outcome.state else { continue }
            if let index = causes.firstIndex(where: { $0.id == cause }) {
                causes[index].checks.append(outcome.id)
            } else {
                causes.append((cause, [outcome.id]))
            }
        }
        return causes.flatMap { cause in
            let isUnknown = outcomes.contains { $0.id == cause.id && $0.word == "elsewhere" }
            let why = isUnknown ? "cannot be checked from here" : "failed"
            return ["skipped   because \(cause.id) \(why):"] + wrapped(cause.checks)
        }
    }

    private func wrapped(_ ids: [String]) -> [String] {
        var lines: [String] = []
        for id in ids {
            if let last = lines.last, last.count + id.count < 100 {
                lines[lines.count - 1] = last + ", " + id
            } else {
                lines.append("    " + id)
            }
        }
        return lines
    }

    private var summary: String {
        let counts = (["ok"] + Self.words.dropLast()).compactMap { word in
            let number = count(word)
            return number == 0 && word != "ok" ? nil : "\(number) \(Self.name(of: word, number))"
        }
        return "\(outcomes.count) checks: \(counts.joined(separator: ", "))"
    }

    private static func name(of word: String, _ number: Int) -> String {
        switch word {
        case "error", "warning": number == 1 ? word : word + "s"
        case "elsewhere": "cannot be checked from here"
        case "inapplicable": number == 1 ? "does not apply" : "do not apply"
        default: word
        }
    }

    /// For programs: one object.
    var json: String {
        let checks = outcomes.map { outcome in
            var members: [(String, String?)] = [
                ("id", outcome.id), ("state", outcome.word), ("asked", outcome.asked), ("came", outcome.came),
                ("expected", outcome.expected), ("mend", outcome.mend),
            ]
            switch outcome.state {
            case .skipped(let cause): members.append(("because", cause))
            case .elsewhere(let command): members.append(("command", command))
            case .silenced(let reason): members.append(("reason", reason))
            case .ok, .warning, .error, .inapplicable: break
            }
            let texts = members.map { "\(JSON.quoted($0.0)):\($0.1.map(JSON.quoted) ?? "null")" }
            return "{\(texts.joined(separator: ","))}"
        }
        let counts = Self.words.map { "\(JSON.quoted($0)):\(count($0))" }.joined(separator: ",")
        return "{\"checks\":[\n\(checks.joined(separator: ",\n"))\n],\"counts\":{\(counts)}}"
    }
}

extension String {
    fileprivate func padded(to width: Int) -> String { self + String(repeating: " ", count: max(0, width - count)) }
}
