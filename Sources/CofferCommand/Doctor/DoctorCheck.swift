// A check of `coffer doctor`: one question about an installation, what the answer should be, and how to mend it.

/// - Parameter Subject: what is examined, such as an installation with its connections.
struct DoctorCheck<Subject>: Sendable {
    /// `group.name`. It never changes its meaning, as people silence checks by it.
    let id: String
    /// What is asked, as a noun phrase.
    let asks: String
    let expects: String
    /// How to mend it. A verdict can be more specific.
    let mend: String
    /// The ids of the checks that must have passed before. All of them come earlier in the list.
    let needs: [String]
    /// The ids of checks whose failure would show here as well. Unlike a need, one that is silenced does not count.
    let follows: [String]
    /// The check counts as failed if it takes longer.
    let limit: Duration
    let run: @Sendable (Subject) throws -> Verdict

    init(
        _ id: String, asks: String, expects: String, mend: String, needs: [String] = [],
        follows: [String] = [], limit: Duration = .seconds(4), run: @escaping @Sendable (Subject) throws -> Verdict
    ) {
        (self.id, self.asks, self.expects, self.mend) = (id, asks, expects, mend)
        (self.needs, self.follows, self.limit, self.run) = (needs, follows, limit, run)
    }

    var group: String { String(id.prefix { $0 != "." }) }
}

/// The result of a check that has run. The first text is what came.
enum Verdict: Equatable, Sendable {
    case ok(String)
    case warning(String, mend: String? = nil)
    case error(String, mend: String? = nil)
    /// This process cannot find out. The command can, elsewhere or as another user.
    case elsewhere(String, command: String)
    /// The question does not arise in this installation.
    case inapplicable(String)
}
