// TCP over IPv4, for web servers on other hosts than the workers.

internal import Glibc

extension Sockets {
    /// Listens on a TCP port of an IPv4 address. Fails with EADDRINUSE (`bind`) if another process listens there.
    ///
    /// The corresponding C functions are `socket`, `setsockopt` with `SO_REUSEADDR`, `bind` and `listen`.
    ///
    /// - Parameters:
    ///   - address: of this host, of four decimal numbers. EINVAL if it is not an address.
    ///   - port: 0 for any free one.
    public static func listen(
        address: String, port: UInt16, backlog: Int32 = 1024
    ) throws(SystemError) -> FileDescriptor {
        let listener = try open(AF_INET)
        // Connections of a pool that has ended must not keep the port for a minute.
        try set(SOL_SOCKET, SO_REUSEADDR, 1, of: listener.number)
        // Before the first client can connect: a connection has the options that the listener has when it is made.
        try limitSilence(of: listener.number)
        try unsafe withAddress(address, port, .bind) { unsafe bind(listener.number, $0, $1) }
        try Faults.call(.listen) { Glibc.listen(listener.number, backlog) }
        return listener
    }

    /// Lets nobody connect any more, also to the copies of the socket that other processes have. Connections that no
    /// process has accepted are reset.
    ///
    /// The corresponding C function is `shutdown`. On a Unix socket it has no such effect.
    public static func stopListening(_ number: Int32) { shutdown(number, Int32(SHUT_RDWR)) }

    /// Connects to a TCP port of an IPv4 address. The corresponding C function is `connect`.
    public static func connect(address: String, port: UInt16) throws(SystemError) -> FileDescriptor {
        let socket = try open(AF_INET)
        try unsafe withAddress(address, port, .connect) { unsafe Glibc.connect(socket.number, $0, $1) }
        return socket
    }

    /// Limits how long a TCP connection, or those of a listener, may be silent. A host that is cut off closes nothing.
    ///
    /// - A connection is accepted when bytes have arrived, or after five seconds without any (`TCP_DEFER_ACCEPT`).
    /// - A peer that acknowledges nothing is given up after 75 seconds (`SO_KEEPALIVE`, `TCP_USER_TIMEOUT`). This
    ///   includes a peer that is there but takes no bytes for so long.
    ///
    /// The corresponding C function is `setsockopt`. Linux passes the options on to new connections of a listener.
    public static func limitSilence(of number: Int32) throws(SystemError) {
        let limit: Int32 = 75
        try set(Int32(IPPROTO_TCP), TCP_DEFER_ACCEPT, 5, of: number)
        try set(SOL_SOCKET, SO_KEEPALIVE, 1, of: number)
        try set(Int32(IPPROTO_TCP), TCP_KEEPIDLE, limit / 5, of: number)
        try set(Int32(IPPROTO_TCP), TCP_KEEPINTVL, limit / 5, of: number)
        try set(Int32(IPPROTO_TCP), TCP_KEEPCNT, 4, of: number)
        try set(Int32(IPPROTO_TCP), TCP_USER_TIMEOUT, limit * 1000, of: number)
    }

    private static func set(_ level: Int32, _ option: Int32, _ value: Int32, of number: Int32) throws(SystemError) {
        var value = value
        try Faults.call(.setsockopt) {
            unsafe setsockopt(number, level, option, &value, socklen_t(MemoryLayout<Int32>.size))
        }
    }

    /// Calls `body` with a `sockaddr_in` and its size.
    private static func withAddress(
        _ text: String, _ port: UInt16, _ call: SystemCall, _ body: (UnsafePointer<sockaddr>?, socklen_t) -> Int32
    ) throws(SystemError) {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        guard unsafe inet_pton(AF_INET, text, &address.sin_addr) == 1 else { throw SystemError(call, EINVAL) }
        try Faults.call(call) {
            unsafe withUnsafeBytes(of: &address) {
                unsafe body($0.baseAddress?.assumingMemoryBound(to: sockaddr.self), socklen_t($0.count))
            }
        }
    }
}
