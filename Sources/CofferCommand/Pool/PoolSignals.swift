// The pool's signals. They stay blocked, and the pool takes one at a time.

internal import POSIX

/// The source of the pool's signals.
protocol PoolSignals {
    /// The next signal, or nil if no signal arrived within `limit`.
    func next(within limit: Duration) throws(SystemError) -> Signal?
}

/// The signals of this process.
struct ProcessSignals: PoolSignals {
    private static let all: Set<Signal> = [.child, .terminate, .interrupt, .hangUp]

    /// Blocks the signals, so that they stay pending until `next`. Create it before the first worker.
    init() throws(SystemError) {
        // The parent process may have ignored SIGCHLD, and then workers could not be waited for.
        Signals.restoreDefault(.child)
        // A closed log pipe must not end the pool.
        Signals.ignore(.pipe)
        try Signals.block(Self.all)
    }

    func next(within limit: Duration) throws(SystemError) -> Signal? {
        try Signals.wait(for: Self.all, timeout: limit)
    }
}
