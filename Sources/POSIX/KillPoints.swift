// Fault injection for crash tests: the process kills itself at a chosen point, as in a crash or a power failure.

internal import Glibc
internal import Synchronization

extension Faults {
    /// Marks a point at which tests can simulate a crash. Every libc call of this module is one. Modules that
    /// communicate by other means mark their own.
    ///
    /// A debug build counts the points from 1 and kills itself with SIGKILL at number COFFER_KILL_AT. If that is 0, it
    /// lists all points on standard error. A release build does nothing.
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
