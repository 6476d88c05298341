// Runs a batch of work on a few threads. Callers use small batches, and record progress and check for interruptions
// between two of them.

internal import Synchronization
internal import POSIX

/// Calls `body` for each item and returns the results in the order of the items.
///
/// - Parameters:
///   - makeContext: called once on each thread, for values that threads cannot share, such as a store.
///   - body: called on the threads, in any order.
func inParallel<Item: Sendable, Context, Value: Sendable>(
    _ items: [Item], threads: Int, with makeContext: @escaping @Sendable () -> Context,
    _ body: @escaping @Sendable (Item, Context) -> Value
) -> [Value] {
    let work = SharedWork<Value>(count: items.count)
    Threads.run(min(threads, items.count)) { _ in
        let context = makeContext()
        while let index = work.next() { work.put(body(items[index], context), at: index) }
    }
    return work.values
}

/// The work that the threads share: the next item, and the results.
private final class SharedWork<Value: Sendable>: Sendable {
    private struct State {
        var next = 0
        var values: [Value?]
    }

    private let state: Mutex<State>
    private let count: Int

    init(count: Int) {
        self.count = count
        state = Mutex(State(values: Array(repeating: nil, count: count)))
    }

    func next() -> Int? {
        state.withLock { state in
            guard state.next < count else { return nil }
            state.next += 1
            return state.next - 1
        }
    }

    func put(_ value: Value, at index: Int) { state.withLock { $0.values[index] = value } }

    var values: [Value] { state.withLock { $0.values.compactMap { $0 } } }
}
