import POSIX
import Synchronization
import Testing

@testable import CofferCommand

struct DoctorRunnerTests {
    /// What the checks of these tests examine: the ids of those that have run.
    private final class Trace: Sendable {
        let ids = Mutex<[String]>([])
    }

    private func check(
        _ id: String, _ verdict: Verdict, needs: [String] = [], follows: [String] = [],
        limit: Duration = .seconds(20), wait: Duration = .zero
    ) -> DoctorCheck<Trace> {
        DoctorCheck(
            id, asks: "\(id)?", expects: "yes", mend: "mend \(id)", needs: needs, follows: follows, limit: limit
        ) { trace in
            Clock.sleep(wait)
            trace.ids.withLock { $0.append(id) }
            return verdict
        }
    }

    private func run(_ checks: [DoctorCheck<Trace>], silenced: [String: String] = [:]) -> [String: DoctorOutcome] {
        let outcomes = DoctorRunner(checks: checks, silenced: silenced, makeSubject: { Trace() }).run()
        #expect(outcomes.map(\.id) == checks.map(\.id))
        return Dictionary(uniqueKeysWithValues: outcomes.map { ($0.id, $0) })
    }

    @Test func `a check that needs a failed one is skipped, and names the one that failed first`() {
        let outcomes = run([
            check("a", .error("broken")), check("b", .ok("b"), needs: ["a"]), check("c", .ok("c"), needs: ["b"]),
            check("d", .ok("d")),
        ])
        #expect(outcomes["a"]?.state == .error)
        #expect(outcomes["b"]?.state == .skipped(because: "a"))
        #expect(outcomes["c"]?.state == .skipped(because: "a"))
        #expect(outcomes["d"]?.state == .ok)
    }

    @Test func `a warning and a check that does not apply stop no other`() {
        let outcomes = run([
            check("a", .warning("hm")), check("b", .inapplicable("no")), check("c", .ok("c"), needs: ["a", "b"]),
        ])
        #expect(outcomes["c"]?.state == .ok)
    }

    @Test func `what cannot be checked from here stops those that need it`() {
        let outcomes = run([
            check("a", .elsewhere("not here", command: "curl")), check("b", .ok("b"), needs: ["a"]),
        ])
        #expect(outcomes["a"]?.state == .elsewhere(command: "curl"))
        #expect(outcomes["b"]?.state == .skipped(because: "a"))
    }

    @Test func `a silenced failure stops those that need it, and not those that follow it`() {
        let checks = [
            check("a", .error("broken")), check("b", .ok("b"), needs: ["a"]), check("c", .ok("c"), follows: ["a"]),
            check("d", .ok("d"), follows: ["b"]),
        ]
        let loud = run(checks)
        #expect(["b", "c", "d"].allSatisfy { loud[$0]?.state == .skipped(because: "a") })
        let silent = run(checks, silenced: ["a": "no pool here"])
        #expect(silent["a"]?.state == .silenced(reason: "no pool here"))
        #expect(silent["a"]?.came == "broken")
        #expect(silent["b"]?.state == .skipped(because: "a"))
        #expect(silent["c"]?.state == .ok && silent["d"]?.state == .ok)
    }

    @Test func `a silenced check that passes is as any other`() {
        #expect(run([check("a", .ok("a"))], silenced: ["a": "why"])["a"]?.state == .ok)
    }

    @Test func `a check that takes too long has failed, and the next one gets another subject`() {
        let made = Mutex(0)
        let makeSubject = { @Sendable in
            made.withLock { $0 += 1 }
            return Trace()
        }
        let checks = [
            check("a", .ok("a"), limit: .milliseconds(100), wait: .seconds(5)), check("b", .ok("b"), needs: ["a"]),
            check("c", .ok("c")),
        ]
        let start = ContinuousClock.now
        let outcomes = DoctorRunner(checks: checks, silenced: [:], makeSubject: makeSubject).run()
        #expect(ContinuousClock.now - start < .seconds(4))
        #expect(outcomes.map(\.word) == ["error", "skipped", "ok"])
        #expect(outcomes[0].came?.contains("no answer within") == true)
        #expect(made.withLock { $0 } == 2)
    }

    @Test func `an error that a check throws is what came`() {
        let failing = DoctorCheck<Trace>("a", asks: "a?", expects: "yes", mend: "mend it") { _ in
            throw Failure("It is broken.")
        }
        let outcome = run([failing])["a"]
        #expect(outcome?.state == .error && outcome?.came == "It is broken." && outcome?.mend == "mend it")
    }

    @Test func `a verdict can say better how to mend it`() {
        let outcomes = run([check("a", .error("broken", mend: "do this")), check("b", .warning("hm"))])
        #expect(outcomes["a"]?.mend == "do this" && outcomes["b"]?.mend == "mend b")
    }
}
