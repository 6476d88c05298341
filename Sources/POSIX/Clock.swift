// Two clocks: a monotonic one for measuring, and the time of day.

internal import Glibc

public enum Clock {
    /// Nanoseconds since an arbitrary fixed moment, for durations and deadlines but not for dates.
    ///
    /// The corresponding C function is `clock_gettime(CLOCK_MONOTONIC)`, which cannot fail.
    public static func monotonicNanoseconds() -> Int64 {
        let now = time(of: CLOCK_MONOTONIC)
        return Int64(now.tv_sec) * 1_000_000_000 + Int64(now.tv_nsec)
    }

    /// Whole seconds since 1970-01-01 00:00 UTC. Jumps if an administrator sets the clock.
    ///
    /// The corresponding C function is `clock_gettime(CLOCK_REALTIME)`, which cannot fail.
    public static func realtimeSeconds() -> Int64 {
        Int64(time(of: CLOCK_REALTIME).tv_sec)
    }

    /// Milliseconds since 1970-01-01 00:00 UTC. Jumps if an administrator sets the clock.
    public static func realtimeMilliseconds() -> Int64 {
        let now = time(of: CLOCK_REALTIME)
        return Int64(now.tv_sec) * 1000 + Int64(now.tv_nsec) / 1_000_000
    }

    /// Sleeps for the whole duration, even if signals interrupt the sleep.
    ///
    /// The corresponding C function is `clock_nanosleep`.
    public static func sleep(_ duration: Duration) {
        let (seconds, attoseconds) = duration.components
        var left = timespec(tv_sec: Int(seconds), tv_nsec: Int(attoseconds / 1_000_000_000))
        var rest = timespec()
        while unsafe clock_nanosleep(CLOCK_MONOTONIC, 0, &left, &rest) == EINTR { left = rest }
    }

    private static func time(of clock: clockid_t) -> timespec {
        var now = timespec()
        _ = unsafe clock_gettime(clock, &now)
        return now
    }
}
