// Signals without handlers: a program blocks those it handles, and then waits for them or checks whether they are
// pending. So no signal interrupts a system call. The only handler is that of `disconnectStreams`.

internal import Glibc

/// A read-only descriptor of /dev/null, for the handler of `disconnectStreams`.
nonisolated(unsafe) private var nullDevice: Int32 = -1

/// A signal, by its number.
public struct Signal: RawRepresentable, Hashable, Sendable {
    public let rawValue: Int32
    public init(rawValue: Int32) { self.rawValue = rawValue }

    /// SIGTERM: requests an end after the current work.
    public static let terminate = Signal(rawValue: SIGTERM)
    /// SIGINT: the interrupt key. The terminal sends it to all processes of the foreground group.
    public static let interrupt = Signal(rawValue: SIGINT)
    /// SIGHUP: requests a restart with the new configuration.
    public static let hangUp = Signal(rawValue: SIGHUP)
    /// SIGCHLD: a child process has ended or stopped.
    public static let child = Signal(rawValue: SIGCHLD)
    /// SIGUSR1: some FastCGI process managers send it to request a graceful end.
    public static let user1 = Signal(rawValue: SIGUSR1)
    /// SIGPIPE: a write to a pipe or socket whose other end is closed.
    public static let pipe = Signal(rawValue: SIGPIPE)
    /// SIGKILL: ends the process immediately. It cannot be blocked.
    public static let kill = Signal(rawValue: SIGKILL)
}

public enum Signals {
    /// Blocks signals for this thread and for all threads and processes that it starts. A blocked signal stays pending.
    ///
    /// The corresponding C function is `sigprocmask` with `SIG_BLOCK`.
    public static func block(_ signals: Set<Signal>) throws(SystemError) {
        var set = mask(signals)
        try Faults.call(.sigprocmask) { unsafe sigprocmask(SIG_BLOCK, &set, nil) }
    }

    /// Unblocks signals. The corresponding C function is `sigprocmask` with `SIG_UNBLOCK`.
    public static func unblock(_ signals: Set<Signal>) throws(SystemError) {
        var set = mask(signals)
        try Faults.call(.sigprocmask) { unsafe sigprocmask(SIG_UNBLOCK, &set, nil) }
    }

    /// Ignores a signal. With SIGPIPE ignored, a write to a closed pipe fails with EPIPE.
    ///
    /// The corresponding C function is `signal` with `SIG_IGN`.
    public static func ignore(_ signal: Signal) {
        _ = Glibc.signal(signal.rawValue, SIG_IGN)
    }

    /// Restores the default action, which a library or the parent process may have changed. The corresponding C
    /// function is `signal` with `SIG_DFL`.
    public static func restoreDefault(_ signal: Signal) {
        _ = Glibc.signal(signal.rawValue, SIG_DFL)
    }

    /// Makes each of these signals disconnect standard input and output: reads then find the end of the file and writes
    /// fail with EBADF, even those that are already waiting.
    ///
    /// The corresponding C functions are `signal` and, in the handler, `dup2`. If /dev/null cannot be opened, the
    /// signals keep their handlers.
    public static func disconnectStreams(on signals: Set<Signal>) {
        guard let file = try? FileSystem.open("/dev/null") else { return }
        unsafe nullDevice = file.release()
        for signal in signals {
            _ = Glibc.signal(signal.rawValue) { _ in
                _ = dup2(unsafe nullDevice, 0)
                _ = dup2(unsafe nullDevice, 1)
            }
        }
    }

    /// Whether one of these blocked signals has arrived. It stays pending. The corresponding C function is
    /// `sigpending`.
    public static func isPending(anyOf signals: Set<Signal>) -> Bool {
        var pending = sigset_t()
        guard unsafe sigpending(&pending) == 0 else { return false }
        return signals.contains { unsafe sigismember(&pending, $0.rawValue) == 1 }
    }

    /// Whether this blocked signal has arrived. It stays pending. The corresponding C function is `sigpending`.
    public static func isPending(_ signal: Signal) -> Bool { isPending(anyOf: [signal]) }

    /// Waits up to `timeout` for one of these signals, which must be blocked, and consumes it.
    ///
    /// - Returns: nil if no signal arrived in time.
    ///
    /// The corresponding C function is `sigtimedwait`.
    public static func wait(for signals: Set<Signal>, timeout: Duration) throws(SystemError) -> Signal? {
        var set = mask(signals)
        let deadline = ContinuousClock.now + timeout
        while true {
            // Faults.call must not retry this: after an interruption, only the remaining time may be waited.
            let left = max(.zero, deadline - .now).components
            var limit = timespec(tv_sec: Int(left.seconds), tv_nsec: Int(left.attoseconds / 1_000_000_000))
            do {
                let number = try Faults.call(.sigtimedwait, retrying: false) {
                    unsafe sigtimedwait(&set, nil, &limit)
                }
                return Signal(rawValue: number)
            } catch  where error.number == EAGAIN {
                return nil
            } catch  where error.number == EINTR {
                continue
            }
        }
    }

    private static func mask(_ signals: Set<Signal>) -> sigset_t {
        var set = sigset_t()
        _ = unsafe sigemptyset(&set)
        for signal in signals { _ = unsafe sigaddset(&set, signal.rawValue) }
        return set
    }
}
