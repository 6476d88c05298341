// Every libc call that Coffer makes is wrapped in this module, once. A wrapper says which C function it calls,
// retries EINTR where that is right, and throws `SystemError`.

internal import Glibc

/// The C functions this module calls; the raw value is the function's name.
public enum SystemCall: String, Sendable, CaseIterable {
    case open, openat, close, read, pread, write, fsync, fstat, stat, link, rename, unlink, mkdir, rmdir, opendir
    case readdir, chmod, fchmod, chown, fchown, flock, statvfs, futimens, sync_file_range, fallocate
    case socket, bind, listen, setsockopt, getgrnam, posix_spawn, waitpid, kill, sigprocmask, sigtimedwait, tcsetattr
    case connect, getsockopt, setfsuid
}

/// A failed libc call: which one, and `errno`.
public struct SystemError: Error, Equatable, Sendable, CustomStringConvertible {
    public let call: SystemCall
    public let number: Int32

    public init(_ call: SystemCall, _ number: Int32) {
        self.call = call
        self.number = number
    }

    /// `call: text of strerror(3)`.
    public var description: String { "\(call.rawValue): \(unsafe String(cString: strerror(number)))" }
}

/// Makes wrapped calls fail in tests: the one seam for failure injection.
public enum Faults {
    #if DEBUG
        /// Returns the `errno` with which the call is to fail, or nil to let it happen.
        @TaskLocal public static var inject: (@Sendable (SystemCall) -> Int32?)?
    #endif

    /// Runs a libc call that reports failure as -1 with `errno`.
    ///
    /// - Parameter retrying: whether EINTR starts the call again, as is right for all calls but close(2).
    @discardableResult @inline(__always)
    static func call<Result: SignedInteger>(
        _ name: SystemCall, retrying: Bool = true, _ body: () -> Result
    ) throws(SystemError) -> Result {
        while true {
            point(name.rawValue)
            #if DEBUG
                if let number = inject?(name) {
                    if number == EINTR && retrying { continue }
                    throw SystemError(name, number)
                }
            #endif
            let result = body()
            if result != -1 { return result }
            let number = errno
            if number != EINTR || !retrying { throw SystemError(name, number) }
        }
    }
}
