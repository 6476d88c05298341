// This module wraps every libc call that Coffer makes. A wrapper names its C function, retries after EINTR where that
// is right, and throws `SystemError`.

internal import Glibc

/// A C function that this module calls. The raw value is its name.
public enum SystemCall: String, Sendable, CaseIterable {
    case open, openat, close, read, pread, write, pwrite, fsync, fstat, stat, link, rename, unlink, mkdir, rmdir,
        opendir, execve
    case readdir, chmod, fchmod, chown, fchown, flock, statvfs, futimens, sync_file_range, fallocate
    case socket, bind, listen, setsockopt, getgrnam, posix_spawn, waitpid, kill, sigprocmask, sigtimedwait, tcsetattr
    case connect, getsockopt, setfsuid, mkostemp, sendto, memfd_create, ftruncate, mmap, fcntl, epoll_create1, epoll_ctl
}

/// A failed libc call and its `errno`.
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

/// Fault injection: lets tests make wrapped calls fail.
public enum Faults {
    #if DEBUG
        /// Returns the `errno` with which a call fails, or nil to make the call.
        @TaskLocal public static var inject: (@Sendable (SystemCall) -> Int32?)?
    #endif

    /// Runs a libc call that returns -1 and sets `errno` on failure.
    ///
    /// - Parameter retrying: whether to repeat the call after EINTR.
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
