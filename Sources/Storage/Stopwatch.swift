// How long a request waits for the database or for a store.

internal import POSIX

/// Adds up the time of one kind of work, for one thread.
public final class Stopwatch {
    /// The measured time since the last reset.
    public private(set) var nanoseconds: Int64 = 0
    /// How many measurements are in progress. Only the outermost counts, as the others are part of it.
    private var depth = 0
    /// When the outermost one began.
    private var began: Int64 = 0

    public init() {}

    public func reset() { nanoseconds = 0 }

    /// Begins a measurement. It costs two readings of the clock, which are no system calls (vdso(7)).
    public func start() {
        depth += 1
        if depth == 1 { began = Clock.monotonicNanoseconds() }
    }

    /// Ends the measurement that began last.
    public func stop() {
        depth -= 1
        if depth == 0 { nanoseconds += Clock.monotonicNanoseconds() - began }
    }

    /// Measures `body`.
    public func measure<Value, Problem: Error>(_ body: () throws(Problem) -> Value) throws(Problem) -> Value {
        start()
        defer { stop() }
        return try body()
    }
}
