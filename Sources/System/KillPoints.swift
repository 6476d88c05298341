// The third seam for tests: a process that dies at a chosen moment, as in a crash or a loss of power.

internal import Glibc
internal import Synchronization

extension Faults {
    /// Passes a moment at which a crash is worth a test: every libc call of this module is one, and whoever talks to the
    /// outside by other means names its own.
    ///
    /// A debug build counts them and ends itself with SIGKILL at the one whose number is COFFER_KILL_AT, counted from 1;
    /// with 0 it lists them all on standard error. A release build does nothing.
    @inline(__always)
    public static func point(_ name: @autoclosure () -> String) {
        #if DEBUG
            KillPoints.pass(name)
        #endif
    }
}

#if DEBUG
    private enum KillPoints {
        private static let chosen = Environment.value("COFFER_KILL_AT").flatMap { Int($0) }
        private static let count = Mutex(0)

        static func pass(_ name: () -> String) {
            guard let chosen else { return }
            let number = count.withLock { count in
                count += 1
                return count
            }
            guard chosen == number || chosen == 0 else { return }
            let line = "point \(number): \(name())\n"
            _ = unsafe line.utf8CString.withUnsafeBufferPointer { unsafe write(2, $0.baseAddress, line.utf8.count) }
            if chosen == number { _ = kill(getpid(), SIGKILL) }
        }
    }
#endif
