// Waiting for a socket. This module waits nowhere else.

internal import Glibc

/// The time until which a batch may wait for its socket.
struct Deadline {
    private let instant: ContinuousClock.Instant

    init(after timeout: Duration) {
        instant = .now + timeout
    }

    private init(_ instant: ContinuousClock.Instant) { self.instant = instant }

    func extended(by duration: Duration) -> Deadline { Deadline(instant + duration) }

    enum Event {
        case readable, readableOrWritable
    }

    /// Waits with `poll`. A failed socket counts as ready, as the next read reports the error.
    ///
    /// - Returns: false if the deadline has passed.
    func wait(for event: Event, on socket: Int32) -> Bool {
        let events = event == .readable ? POLLIN : POLLIN | POLLOUT
        while true {
            var descriptor = pollfd(fd: socket, events: Int16(events), revents: 0)
            let ready = unsafe poll(&descriptor, 1, milliseconds)
            if ready > 0 { return true }
            if ready < 0 && errno != EINTR { return true }
            if milliseconds == 0 { return false }
        }
    }

    /// The time left, rounded up so that the last wait does not spin.
    private var milliseconds: Int32 {
        let left = ContinuousClock.now.duration(to: instant)
        guard left > .zero else { return 0 }
        // At most a day, so that the sum does not overflow.
        let (seconds, attoseconds) = min(left, .seconds(86_400)).components
        return Int32(seconds * 1000 + attoseconds / 1_000_000_000_000_000 + 1)
    }
}
