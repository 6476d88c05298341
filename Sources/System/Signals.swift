// Signals as events to be asked for. What is to be handled is blocked for good and then waited for or looked up, so
// that no handler ever runs and no system call is ever interrupted by one; `cutOff` is the one exception.

internal import Glibc

/// A descriptor that is always at its end and cannot be written to, for the handler of `cutOff`.
nonisolated(unsafe) private var nothing: Int32 = -1

/// A signal by its number on this system.
public struct Signal: RawRepresentable, Hashable, Sendable {
    public let rawValue: Int32
    public init(rawValue: Int32) { self.rawValue = rawValue }

    /// SIGTERM: asks to end after the work in hand.
    public static let terminate = Signal(rawValue: SIGTERM)
    /// SIGINT: the interrupt key, sent to every process of the terminal's foreground group.
    public static let interrupt = Signal(rawValue: SIGINT)
    /// SIGHUP: asks to start anew with fresh configuration.
    public static let hangUp = Signal(rawValue: SIGHUP)
    /// SIGCHLD: a child process has ended or stopped.
    public static let child = Signal(rawValue: SIGCHLD)
    /// SIGUSR1: what some FastCGI process managers send for "end gracefully".
    public static let user1 = Signal(rawValue: SIGUSR1)
    /// SIGPIPE: a write to a pipe or socket that nobody reads.
    public static let pipe = Signal(rawValue: SIGPIPE)
    /// SIGKILL: ends the process at once, and cannot be blocked.
    public static let kill = Signal(rawValue: SIGKILL)
}

public enum Signals {
    /// Holds the signals back from this thread, and from threads and processes it starts, until unblocked; meanwhile
    /// they are pending.
    ///
    /// The corresponding C function is `sigprocmask` with `SIG_BLOCK`.
    public static func block(_ signals: Set<Signal>) throws(SystemError) {
        var set = mask(signals)
        try Faults.call(.sigprocmask) { unsafe sigprocmask(SIG_BLOCK, &set, nil) }
    }

    /// Lets the signals through again. The corresponding C function is `sigprocmask` with `SIG_UNBLOCK`.
    public static func unblock(_ signals: Set<Signal>) throws(SystemError) {
        var set = mask(signals)
        try Faults.call(.sigprocmask) { unsafe sigprocmask(SIG_UNBLOCK, &set, nil) }
    }

    /// Discards a signal from now on; a system call that caused it fails with its own error instead.
    ///
    /// The corresponding C function is `signal` with `SIG_IGN`.
    public static func ignore(_ signal: Signal) {
        _ = Glibc.signal(signal.rawValue, SIG_IGN)
    }

    /// Takes away whatever handler a library has put in. The corresponding C function is `signal` with `SIG_DFL`.
    public static func restoreDefault(_ signal: Signal) {
        _ = Glibc.signal(signal.rawValue, SIG_DFL)
    }

    /// From now on such a signal cuts standard input and output off: what reads finds the end and what writes EBADF, also
    /// where it has waited already.
    ///
    /// The corresponding C functions are `signal` and, in its handler, `dup2`. Where /dev/null cannot be opened the signals
    /// keep their handlers.
    public static func cutOff(on signals: Set<Signal>) {
        guard let file = try? FileSystem.open("/dev/null") else { return }
        unsafe nothing = file.release()
        for signal in signals {
            _ = Glibc.signal(signal.rawValue) { _ in
                _ = dup2(unsafe nothing, 0)
                _ = dup2(unsafe nothing, 1)
            }
        }
    }

    /// Whether one of these blocked signals has come; it stays pending. The corresponding C function is `sigpending`.
    public static func isPending(anyOf signals: Set<Signal>) -> Bool {
        var pending = sigset_t()
        guard unsafe sigpending(&pending) == 0 else { return false }
        return signals.contains { unsafe sigismember(&pending, $0.rawValue) == 1 }
    }

    /// Whether this blocked signal has come; it stays pending. The corresponding C function is `sigpending`.
    public static func isPending(_ signal: Signal) -> Bool { isPending(anyOf: [signal]) }

    /// Takes one of these signals, which must be blocked, waiting for it up to `timeout`.
    ///
    /// - Returns: nil when none came in time.
    ///
    /// The corresponding C function is `sigtimedwait`.
    public static func wait(for signals: Set<Signal>, timeout: Duration) throws(SystemError) -> Signal? {
        var set = mask(signals)
        let deadline = ContinuousClock.now + timeout
        while true {
            // Not retried by Faults.call: after an interruption only the rest of the time is to be waited.
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

    /// The process that started this one, or whoever has adopted it since. The corresponding C function is `getppid`.
    public static var parent: Int32 { getppid() }

    private static func mask(_ signals: Set<Signal>) -> sigset_t {
        var set = sigset_t()
        _ = unsafe sigemptyset(&set)
        for signal in signals { _ = unsafe sigaddset(&set, signal.rawValue) }
        return set
    }
}
