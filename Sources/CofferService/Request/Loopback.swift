// Whether a client is on this host, as far as the web server's variables show.

internal import CofferCore
internal import Gateway

enum Loopback {
    /// Whether the client uses a loopback address: the request's host is one, the client's address is one, and nothing
    /// shows a proxy. A proxy or tunnel on this host that leaves no trace cannot be told from a client.
    ///
    /// - Parameter ifAddressIsUnknown: whether the host alone counts where the web server names no address.
    static func hasClient(_ exchange: any Exchange, ifAddressIsUnknown: Bool) throws(Failure) -> Bool {
        let host = try exchange.text(.host) ?? ""
        let name = host.hasPrefix("[") ? host.prefix { $0 != "]" }.dropFirst() : host.prefix { $0 != ":" }
        guard try !isProxied(exchange), isLoopback(name) else { return false }
        guard let address = try exchange.text(.remoteAddress) else { return ifAddressIsUnknown }
        return isLoopback(address[...])
    }

    private static func isLoopback(_ name: Substring) -> Bool {
        let parts = name.split(separator: ".", omittingEmptySubsequences: false)
        return name == "localhost" || name == "::1"
            || (parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil })
    }

    /// Whether there is a proxy between the client and us, so that the addresses are not the client's: the web server
    /// says so, or the request looks like it. A client that pretends to be a proxy only loses what loopback gives.
    private static func isProxied(_ exchange: any Exchange) throws(Failure) -> Bool {
        if try exchange.text(.proxied) != nil { return true }
        for trace in RequestField.proxies where try exchange.text(trace) != nil { return true }
        // nginx's default version for requests to upstreams. No browser uses it.
        return try exchange.text(.serverProtocol) == "HTTP/1.0"
    }
}
