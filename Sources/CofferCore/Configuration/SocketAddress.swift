// Where the workers listen.

internal import Text

/// A Unix socket, or an IPv4 address with a port.
public enum SocketAddress: Equatable, Sendable, CustomStringConvertible {
    /// An absolute path of at most 107 bytes, the size of `sun_path` without the terminating zero (unix(7)).
    case path(String)
    /// A dotted address and a port other than 0.
    case tcp(address: String, port: UInt16)

    /// As it is written in the configuration.
    public var description: String {
        switch self {
        case .path(let path): path
        case .tcp(let address, let port): "\(address):\(port)"
        }
    }
}

/// Whether the text is an IPv4 address: four decimal numbers, without leading zeros, which some programs read as octal.
func isIPv4Address(_ text: some StringProtocol) -> Bool {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    return parts.count == 4 && parts.allSatisfy { part in UInt8(part).map { String($0) == part } ?? false }
}
