// What became of a check.

struct DoctorOutcome: Sendable {
    enum State: Equatable, Sendable {
        case ok, warning, error
        /// A check that this one needs has failed, or cannot be made from here.
        case skipped(because: String)
        case elsewhere(command: String)
        case inapplicable
        /// It failed, but the configuration says that this does not count, and why.
        case silenced(reason: String)
    }

    let id: String
    let asked: String
    let expected: String
    let state: State
    /// nil for a check that was skipped.
    let came: String?
    /// nil unless the check failed.
    let mend: String?

    /// The state as one word.
    var word: String {
        switch state {
        case .ok: "ok"
        case .warning: "warning"
        case .error: "error"
        case .skipped: "skipped"
        case .elsewhere: "elsewhere"
        case .inapplicable: "inapplicable"
        case .silenced: "silenced"
        }
    }

}

extension DoctorOutcome {
    init<Subject>(_ check: DoctorCheck<Subject>, _ state: State, came: String? = nil, mend: String? = nil) {
        self.init(id: check.id, asked: check.asks, expected: check.expects, state: state, came: came, mend: mend)
    }
}
