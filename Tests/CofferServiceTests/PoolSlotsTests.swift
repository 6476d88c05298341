import CofferCore
import Testing

@testable import CofferService

struct PoolSlotsTests {
    private func slots(_ workers: Int, _ purpose: StaticString = "test", store: String) throws -> PoolSlots {
        let options = ["COFFER_WORKERS": "\(workers)", "COFFER_STORAGE_URL": "file:///\(store)"]
        return PoolSlots(purpose, try Configuration(environment: { options[$0] }))
    }

    @Test(arguments: [(1, 1), (2, 1), (3, 1), (4, 2), (9, 4)])
    func `half of the pool can have a slot, but at least one`(workers: Int, limit: Int) throws {
        let slots = try slots(workers, store: "half-\(workers)")
        #expect(slots.limit == limit)
        var taken: [Held] = []
        for _ in 0..<limit { taken.append(Held(try slots.take())) }
        let failure = #expect(throws: Failure.self) { _ = try slots.take() }
        #expect(failure?.kind == .workersBusy)
        #expect(failure?.fields.map(\.name) == ["Retry-After"])
        taken.removeLast()
        _ = try slots.take()
        withExtendedLifetime(taken) {}
    }

    @Test func `other installations and other work have slots of their own`() throws {
        let one = try slots(2, store: "one").take()
        _ = try slots(2, store: "two").take()
        _ = try slots(2, "other test", store: "one").take()
        #expect(throws: Failure.self) { _ = try slots(2, store: "one").take() }
        _ = consume one
    }

    private final class Held {
        let slot: PoolSlot
        init(_ slot: consuming PoolSlot) { self.slot = slot }
    }
}
