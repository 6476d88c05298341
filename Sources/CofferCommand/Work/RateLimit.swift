// Reading no faster than the operator allows, so that a check in the background leaves the disk to the users.

internal import Synchronization
internal import System

/// How long to wait so that bytes pass at a steady rate. What was not used in a pause is not made up for.
struct RateMeter {
    /// In bytes per second.
    let rate: Int64
    /// When the bytes so far are paid for, in nanoseconds of the same clock as `now`.
    private var paid: Int64 = .min

    init(rate: Int64) { self.rate = rate }

    /// Counts bytes and returns for how many nanoseconds to wait.
    mutating func delay(for bytes: Int, now: Int64) -> Int64 {
        paid = max(paid, now) + Int64(Double(bytes) / Double(rate) * 1e9)
        return paid - now
    }
}

/// A rate for all threads together; without one nobody waits.
final class RateLimit: Sendable {
    private let meter: Mutex<RateMeter?>

    /// How many bytes to read at once, so that no wait is longer than a quarter of a second or so.
    let chunk: Int

    init(_ bytesPerSecond: Int64?) {
        chunk = max(4096, min(1 << 20, Int(clamping: (bytesPerSecond ?? .max) / 4)))
        meter = Mutex(bytesPerSecond.map { RateMeter(rate: $0) })
    }

    func pass(_ bytes: Int) {
        let delay = meter.withLock { $0?.delay(for: bytes, now: Clock.monotonicNanoseconds()) }
        if let delay { Clock.sleep(.nanoseconds(delay)) }
    }
}
