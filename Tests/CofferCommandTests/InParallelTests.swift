import Synchronization
import Testing

@testable import CofferCommand

struct InParallelTests {
    @Test(arguments: [1, 2, 7, 100])
    func `the results are in the order of the items`(threads: Int) {
        let items = Array(0..<50)
        #expect(inParallel(items, threads: threads, with: {}) { item, _ in item * item } == items.map { $0 * $0 })
    }

    @Test func `there is one context for each thread`() {
        let made = Mutex(0)
        _ = inParallel(Array(0..<50), threads: 3, with: { made.withLock { $0 += 1 } }) { item, _ in item }
        #expect(made.withLock { $0 } == 3)
    }

    @Test func `no items, no results`() {
        #expect(inParallel([Int](), threads: 4, with: {}) { item, _ in item }.isEmpty)
    }
}
