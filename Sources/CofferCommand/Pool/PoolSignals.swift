// How the outside reaches the pool: signals, taken one by one where the pool has time for them.

internal import System

/// Where the pool's signals come from.
protocol PoolSignals {
    /// The next signal, or nil when none came within `limit`.
    func next(within limit: Duration) throws(SystemError) -> Signal?
}

/// The signals of this process.
struct ProcessSignals: PoolSignals {
    private static let all: Set<Signal> = [.child, .terminate, .interrupt, .hangUp]

    /// Blocks them for good, so that none can come between two looks. To be made before the first worker is.
    init() throws(SystemError) {
        // Whoever started us may ignore the ends of children, and then there would be nothing to wait for.
        Signals.restoreDefault(.child)
        // A log that nobody reads any more must not end the pool.
        Signals.ignore(.pipe)
        try Signals.block(Self.all)
    }

    func next(within limit: Duration) throws(SystemError) -> Signal? {
        try Signals.wait(for: Self.all, timeout: limit)
    }
}
