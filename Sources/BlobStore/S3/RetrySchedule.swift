// When a failed request is sent again. The pause doubles with each attempt, and up to half of it is randomly left out,
// so that many clients do not return together.

struct RetrySchedule {
    static let first = Duration.milliseconds(100)
    static let longest = Duration.seconds(5)

    /// How long after the first attempt the last one may begin.
    let retryLimit: Duration
    private var attempts = 0
    private let begin: ContinuousClock.Instant

    init(retryLimit: Duration, begin: ContinuousClock.Instant = .now) {
        (self.retryLimit, self.begin) = (retryLimit, begin)
    }

    /// How long to wait before the next attempt. nil if no attempt is left.
    ///
    /// - Parameters:
    ///   - asked: the pause that the server asked for.
    ///   - chance: from 0 to 1: how much of the random half to wait.
    mutating func next(
        asked: Duration? = nil, now: ContinuousClock.Instant = .now, chance: Double = .random(in: 0...1)
    ) -> Duration? {
        let whole = min(Self.longest, Self.first * (1 << min(attempts, 20)))
        attempts += 1
        let pause = max(asked ?? .zero, whole / 2 + whole / 2 * chance)
        return begin.duration(to: now) + pause < retryLimit ? pause : nil
    }
}
