// How long a place in the pool stays empty after its worker has died. Pure: lives in, delays out.

/// The first early death costs nothing, the next ones 100 ms, 200 ms … up to 10 s; a worker that lived for 5 s makes
/// the place good again.
struct BackOff: Equatable {
    static let first = Duration.milliseconds(100)
    static let longest = Duration.seconds(10)
    static let steady = Duration.seconds(5)

    private var next = Duration.zero

    /// The time to wait before the next start, after a worker that lived for `life`.
    mutating func delay(afterLifeOf life: Duration) -> Duration {
        if life >= Self.steady { next = .zero }
        defer { next = next == .zero ? Self.first : min(next * 2, Self.longest) }
        return next
    }
}
