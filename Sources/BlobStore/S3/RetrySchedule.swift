// When a request is sent again: after a time that doubles, of which a random half is left out so that many clients do not
// come back together, until a deadline.

struct RetrySchedule {
    static let first = Duration.milliseconds(100)
    static let longest = Duration.seconds(5)

    /// How long after the first attempt the last one may begin.
    let patience: Duration
    private var attempts = 0
    private let begin: ContinuousClock.Instant

    init(patience: Duration, begin: ContinuousClock.Instant = .now) {
        (self.patience, self.begin) = (patience, begin)
    }

    /// How long to wait before the next attempt; nil when there is none.
    ///
    /// - Parameters:
    ///   - asked: what the server asked for.
    ///   - chance: from 0 to 1.
    mutating func next(
        asked: Duration? = nil, now: ContinuousClock.Instant = .now, chance: Double = .random(in: 0...1)
    ) -> Duration? {
        let whole = min(Self.longest, Self.first * (1 << min(attempts, 20)))
        attempts += 1
        let pause = max(asked ?? .zero, whole / 2 + whole / 2 * chance)
        return begin.duration(to: now) + pause < patience ? pause : nil
    }
}
