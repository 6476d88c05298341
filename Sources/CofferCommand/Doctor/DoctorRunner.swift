// Makes the checks one after the other, each with its own time limit, and skips those that build on a failed one.

internal import Synchronization
internal import POSIX

struct DoctorRunner<Subject: Sendable> {
    /// Each check comes after those that it needs.
    let checks: [DoctorCheck<Subject>]
    /// The reasons of silenced checks, by id.
    let silenced: [String: String]
    /// Called before the first check, and after each one that took too long: that one continues in the background with
    /// the connections of its subject.
    let makeSubject: @Sendable () -> Subject

    func run() -> [DoctorOutcome] {
        var outcomes: [DoctorOutcome] = []
        var blockers = Blockers()
        var subject = makeSubject()
        for check in checks {
            let outcome: DoctorOutcome
            if let cause = blockers.cause(of: check) {
                outcome = DoctorOutcome(check, .skipped(because: cause))
            } else if let verdict = verdict(of: check, on: subject) {
                outcome = evaluated(check, verdict)
            } else {
                outcome = evaluated(check, .error("no answer within \(check.limit)"))
                subject = makeSubject()
            }
            blockers.add(outcome)
            outcomes.append(outcome)
        }
        return outcomes
    }

    /// The checks that have failed, and those that were skipped because of them.
    private struct Blockers {
        /// By the id of a check: the id of the check that failed, and whether that one is silenced.
        private var causes: [String: (id: String, isSilenced: Bool)] = [:]

        /// A check that warns blocks no other.
        mutating func add(_ outcome: DoctorOutcome) {
            causes[outcome.id] =
                switch outcome.state {
                case .error, .elsewhere: (outcome.id, false)
                case .silenced: (outcome.id, true)
                case .skipped(let cause): causes[cause]
                case .ok, .warning, .inapplicable: nil
                }
        }

        func cause(of check: DoctorCheck<Subject>) -> String? {
            let needed = check.needs.lazy.compactMap { causes[$0]?.id }.first
            return needed ?? check.follows.lazy.compactMap { causes[$0] }.first { !$0.isSilenced }?.id
        }
    }

    /// nil if the check took too long.
    private func verdict(of check: DoctorCheck<Subject>, on subject: Subject) -> Verdict? {
        let slot = Slot()
        Threads.run(atMost: check.limit) {
            let verdict: Verdict
            do {
                verdict = try check.run(subject)
            } catch {
                verdict = .error(Failure(mapping: error).message)
            }
            slot.verdict.withLock { $0 = verdict }
        }
        return slot.verdict.withLock { $0 }
    }

    private final class Slot: Sendable {
        let verdict = Mutex<Verdict?>(nil)
    }

    private func evaluated(_ check: DoctorCheck<Subject>, _ verdict: Verdict) -> DoctorOutcome {
        let failed = { (state: DoctorOutcome.State, came: String, mend: String?) in
            let reason = silenced[check.id]
            return DoctorOutcome(
                check, reason.map { .silenced(reason: $0) } ?? state, came: came, mend: mend ?? check.mend)
        }
        return switch verdict {
        case .ok(let came): DoctorOutcome(check, .ok, came: came)
        case .warning(let came, let mend): failed(.warning, came, mend)
        case .error(let came, let mend): failed(.error, came, mend)
        case .elsewhere(let came, let command): DoctorOutcome(check, .elsewhere(command: command), came: came)
        case .inapplicable(let came): DoctorOutcome(check, .inapplicable, came: came)
        }
    }
}
