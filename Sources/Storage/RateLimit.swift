// A limit on the rate of reading, so that a check in the background does not slow the service down.

internal import Synchronization
internal import POSIX

/// Computes waits for a steady rate. A pause does not allow a higher rate afterwards.
struct RateMeter {
    /// In bytes per second.
    let rate: Int64
    /// When the bytes so far would have been read at this rate, in nanoseconds of the same clock as `now`.
    private var busyUntil: Int64 = .min

    init(rate: Int64) { self.rate = rate }

    /// Counts bytes and returns how many nanoseconds to wait.
    mutating func delay(for bytes: Int, now: Int64) -> Int64 {
        busyUntil = max(busyUntil, now) + Int64(Double(bytes) / Double(rate) * 1e9)
        return busyUntil - now
    }
}

/// A rate limit for all threads together.
public final class RateLimit: Sendable {
    private let meter: Mutex<RateMeter?>

    /// How many bytes to read at once, so that a wait takes about a quarter of a second at most.
    let chunk: Int

    /// - Parameter bytesPerSecond: nil means no limit.
    public init(_ bytesPerSecond: Int64?) {
        chunk = max(4096, min(1 << 20, Int(clamping: (bytesPerSecond ?? .max) / 4)))
        meter = Mutex(bytesPerSecond.map { RateMeter(rate: $0) })
    }

    /// Waits until this many bytes are within the limit.
    func throttle(_ bytes: Int) {
        let delay = meter.withLock { $0?.delay(for: bytes, now: Clock.monotonicNanoseconds()) }
        if let delay { Clock.sleep(.nanoseconds(delay)) }
    }
}
