// Stream sockets: listening, connecting, timeouts and a graceful close.

internal import CSystem
internal import Glibc

public enum Sockets {
    /// Listens on a new Unix socket at `path`. Replaces the socket file of a server that has ended. Fails with
    /// EADDRINUSE (`bind`) if another process listens on it, or if the file is not a socket.
    ///
    /// Permissions are set before clients can connect. The corresponding C functions are `socket`, `bind`, `chown`,
    /// `chmod` and `listen`.
    ///
    /// - Parameters:
    ///   - path: at most 107 bytes, otherwise ENAMETOOLONG.
    ///   - group: the name of the group that owns the socket file. If nil, the process's own group.
    ///   - backlog: the number of connections that may wait to be accepted, up to `net.core.somaxconn`.
    public static func listen(
        path: String, mode: UInt32 = 0o660, group: String? = nil, backlog: Int32 = 1024
    ) throws(SystemError) -> FileDescriptor {
        let listener = try open()
        do {
            try bind(listener, to: path)
        } catch  where error.number == EADDRINUSE {
            try removeStale(path)
            try bind(listener, to: path)
        }
        do {
            if let group { try FileSystem.setGroup(path, identifier(ofGroup: group)) }
            try FileSystem.setMode(path, mode)
            try Faults.call(.listen) { Glibc.listen(listener.number, backlog) }
        } catch {
            try? FileSystem.unlink(path)
            throw error
        }
        return listener
    }

    /// Takes ownership of a listening socket that this process inherited, such as descriptor 0 of a FastCGI program.
    ///
    /// - Throws: `getsockopt` with ENOTSOCK or EBADF if it is not a socket, with EINVAL if it is not listening.
    ///
    /// The corresponding C function is `getsockopt` with `SO_ACCEPTCONN`.
    public static func inheritListener(_ number: Int32) throws(SystemError) -> FileDescriptor {
        guard try listening(number) else { throw SystemError(.getsockopt, EINVAL) }
        return FileDescriptor(owning: number)
    }

    /// Whether clients can connect to this socket. The corresponding C function is `getsockopt` with `SO_ACCEPTCONN`.
    public static func isListening(_ number: Int32) -> Bool { (try? listening(number)) == true }

    private static func listening(_ number: Int32) throws(SystemError) -> Bool {
        var listening: Int32 = 0
        var size = socklen_t(MemoryLayout<Int32>.size)
        try Faults.call(.getsockopt) { unsafe getsockopt(number, SOL_SOCKET, SO_ACCEPTCONN, &listening, &size) }
        return listening != 0
    }

    /// Connects to the Unix socket at `path`. The corresponding C function is `connect`.
    public static func connect(path: String) throws(SystemError) -> FileDescriptor {
        let socket = try open()
        var address = try unixAddress(path)
        try Faults.call(.connect) {
            unsafe withUnsafeBytes(of: &address) {
                unsafe Glibc.connect(
                    socket.number, $0.baseAddress?.assumingMemoryBound(to: sockaddr.self), socklen_t($0.count))
            }
        }
        return socket
    }

    /// Sends one datagram to a Unix socket. Waits while the receiver's queue is full.
    ///
    /// The corresponding C functions are `socket` and `sendto`. Fails with ENOENT or ECONNREFUSED if no process
    /// receives there.
    ///
    /// - Parameter address: a path, or `@` and a name in the abstract namespace (unix(7)); at most 107 bytes.
    public static func send(_ datagram: Span<UInt8>, to address: String) throws(SystemError) {
        let isAbstract = address.utf8.first == UInt8(ascii: "@")
        var receiver = try unixAddress(address, isAbstract: isAbstract)
        // NULs after an abstract name would be part of it, so its length is exact. A path ends at its NUL.
        let unused = isAbstract ? MemoryLayout.size(ofValue: receiver.sun_path) - address.utf8.count : 0
        let type = Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue)
        let socket = FileDescriptor(owning: try Faults.call(.socket) { Glibc.socket(AF_UNIX, type, 0) })
        try Faults.call(.sendto) {
            unsafe withUnsafeBytes(of: &receiver) { receiver in
                unsafe datagram.withUnsafeBufferPointer {
                    unsafe sendto(
                        socket.number, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL),
                        receiver.baseAddress?.assumingMemoryBound(to: sockaddr.self),
                        socklen_t(receiver.count - unused))
                }
            }
        }
    }

    /// The process that listens on the other end of a connected Unix socket, and its user. It is the process that
    /// called `listen`, so for an inherited socket it is the parent.
    ///
    /// The corresponding C function is `getsockopt` with `SO_PEERCRED`.
    public static func listener(of number: Int32) throws(SystemError) -> (process: Process, user: UInt32) {
        var (process, user) = (Int32(0), UInt32(0))
        try Faults.call(.getsockopt) { unsafe coffer_peer(number, &process, &user) }
        return (Process(id: process), user)
    }

    /// Limits how long one `read` or `accept` on the socket waits before it fails with EAGAIN; `.zero` waits for ever.
    ///
    /// The timeout of a listening socket applies to all processes that share it, and TCP connections accepted from it
    /// inherit the timeout. The corresponding C function is `setsockopt` with `SO_RCVTIMEO`.
    public static func setReceiveTimeout(_ number: Int32, _ timeout: Duration) throws(SystemError) {
        let parts = timeout.components
        var limit = timeval(tv_sec: Int(parts.seconds), tv_usec: Int(parts.attoseconds / 1_000_000_000_000))
        try Faults.call(.setsockopt) {
            unsafe setsockopt(
                number, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        }
    }

    /// Waits until a read would not block, for at most `limit`. Returns false if it still would.
    ///
    /// The corresponding C function is `poll`. An error returns true, so that the read reports it.
    public static func waitForInput(_ number: Int32, limit: Duration) -> Bool {
        var wanted = pollfd(fd: number, events: Int16(POLLIN), revents: 0)
        return unsafe poll(&wanted, 1, Int32(clamping: Int64(limit / .milliseconds(1)))) != 0
    }

    /// The family of a socket's address.
    public enum Family {
        case unix
        /// TCP over IPv4, with the socket's own port.
        case ipv4(port: UInt16)
        case other
    }

    /// The corresponding C function is `getsockname`.
    public static func family(of number: Int32) -> Family {
        var address = sockaddr_in()
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let result = unsafe withUnsafeMutableBytes(of: &address) {
            unsafe getsockname(number, $0.baseAddress?.assumingMemoryBound(to: sockaddr.self), &length)
        }
        switch address.sin_family {
        case sa_family_t(AF_UNIX) where result == 0: return .unix
        case sa_family_t(AF_INET) where result == 0: return .ipv4(port: UInt16(bigEndian: address.sin_port))
        default: return .other
        }
    }

    /// Ends sending, then discards what the peer sends until it closes the connection, for at most `limit`. A close
    /// with unread bytes would reset the connection, and the peer could lose data that was sent to it.
    ///
    /// The corresponding C functions are `shutdown`, `poll` and `recv`. An error ends the wait, since the peer is then
    /// gone.
    public static func linger(_ number: Int32, limit: Duration) {
        guard shutdown(number, Int32(SHUT_WR)) == 0 else { return }
        let deadline = Clock.monotonicNanoseconds() + Int64(limit / .nanoseconds(1))
        unsafe withUnsafeTemporaryAllocation(byteCount: 16_384, alignment: 1) { trash in
            while true {
                let left = (deadline - Clock.monotonicNanoseconds()) / 1_000_000
                var wanted = pollfd(fd: number, events: Int16(POLLIN), revents: 0)
                guard left > 0, unsafe poll(&wanted, 1, Int32(clamping: left)) > 0 else { return }
                guard unsafe recv(number, trash.baseAddress, trash.count, Int32(MSG_DONTWAIT)) > 0 else { return }
            }
        }
    }

    /// Takes a name that only one process of this host, or of its network namespace, can have at a time. The name is
    /// free again when the descriptor is closed, also after a crash.
    ///
    /// The name is an address in the abstract namespace of Unix sockets (unix(7)), so it needs no directory, and leaves
    /// no file. The corresponding C functions are `socket` and `bind`.
    ///
    /// - Parameter name: at most 106 bytes, otherwise ENAMETOOLONG.
    /// - Returns: nil if another process has the name.
    public static func takeName(_ name: String) throws(SystemError) -> FileDescriptor? {
        let socket = try open()
        do {
            try bind(socket, to: unixAddress("@" + name, isAbstract: true))
            return socket
        } catch  where error.number == EADDRINUSE {
            return nil
        }
    }

    private static var streamType: Int32 { Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue) }

    static func open(_ family: Int32 = AF_UNIX) throws(SystemError) -> FileDescriptor {
        FileDescriptor(owning: try Faults.call(.socket) { Glibc.socket(family, streamType, 0) })
    }

    private static func bind(_ socket: borrowing FileDescriptor, to path: String) throws(SystemError) {
        try bind(socket, to: unixAddress(path))
    }

    private static func bind(_ socket: borrowing FileDescriptor, to address: sockaddr_un) throws(SystemError) {
        let number = socket.number
        var address = address
        try Faults.call(.bind) {
            unsafe withUnsafeBytes(of: &address) {
                unsafe Glibc.bind(
                    number, $0.baseAddress?.assumingMemoryBound(to: sockaddr.self), socklen_t($0.count))
            }
        }
    }

    /// Removes a socket file on which no process listens. Fails with EADDRINUSE for anything else.
    private static func removeStale(_ path: String) throws(SystemError) {
        do {
            _ = try connect(path: path)
        } catch  where error.number == ECONNREFUSED && error.call == .connect {
            // connect(2) fails with ECONNREFUSED for a regular file, too.
            var raw = stat()
            if unsafe lstat(path, &raw) == 0, raw.st_mode & S_IFMT == S_IFSOCK { return try FileSystem.unlink(path) }
        } catch {}
        throw SystemError(.bind, EADDRINUSE)
    }

    private static func identifier(ofGroup name: String) throws(SystemError) -> UInt32 {
        guard let entry = unsafe getgrnam(name) else { throw SystemError(.getgrnam, ENOENT) }
        return unsafe entry.pointee.gr_gid
    }

    /// - Parameter isAbstract: whether the first byte becomes NUL. The rest is then a name outside of the file system.
    private static func unixAddress(_ path: String, isAbstract: Bool = false) throws(SystemError) -> sockaddr_un {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8)
        // One byte is reserved for the terminating NUL.
        guard bytes.count < MemoryLayout.size(ofValue: address.sun_path), !bytes.contains(0) else {
            throw SystemError(.bind, ENAMETOOLONG)
        }
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: bytes) }
        if isAbstract { address.sun_path.0 = 0 }
        return address
    }
}
