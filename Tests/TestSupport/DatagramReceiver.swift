import Glibc

/// Receives datagrams on a Unix socket, as a service manager does.
public final class DatagramReceiver: Sendable {
    private let number: Int32

    /// - Parameter address: a path, or `@` and a name in the abstract namespace.
    public init(_ address: String) {
        let number = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
        self.number = number
        var name = sockaddr_un()
        name.sun_family = sa_family_t(AF_UNIX)
        unsafe withUnsafeMutableBytes(of: &name.sun_path) { unsafe $0.copyBytes(from: Array(address.utf8)) }
        if address.hasPrefix("@") { name.sun_path.0 = 0 }
        let length = socklen_t(2 + address.utf8.count)
        unsafe withUnsafeMutablePointer(to: &name) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                precondition(unsafe bind(number, $0, length) == 0, "\(address) is taken")
            }
        }
    }

    deinit { _ = close(number) }

    /// The next datagram's text, or nil if none arrives within `milliseconds`.
    public func next(within milliseconds: Int32 = 10_000) -> String? {
        var wanted = pollfd(fd: number, events: Int16(POLLIN), revents: 0)
        guard unsafe poll(&wanted, 1, milliseconds) == 1 else { return nil }
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = unsafe recv(number, &buffer, buffer.count, 0)
        return count < 0 ? nil : String(decoding: buffer.prefix(count), as: UTF8.self)
    }
}
