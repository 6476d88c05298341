// The delay before a worker that has died is started again.

/// There is no delay after the first early death, then 100 ms, 200 ms … up to 10 s. After a worker that lived for 5 s,
/// the delays begin again.
struct BackOff: Equatable {
    static let first = Duration.milliseconds(100)
    static let longest = Duration.seconds(10)
    static let steady = Duration.seconds(5)

    private var next = Duration.zero

    /// The delay before the next start, after a worker that lived for `life`.
    mutating func delay(afterLifeOf life: Duration) -> Duration {
        if life >= Self.steady { next = .zero }
        defer { next = next == .zero ? Self.first : min(next * 2, Self.longest) }
        return next
    }
}
