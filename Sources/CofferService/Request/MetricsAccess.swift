// Who may read the metrics. To all others, the route looks like any path that is no route.

internal import CofferCore
internal import Cryptography
internal import Gateway

struct MetricsAccess {
    /// nil if no token opens the metrics.
    let token: String?
    let isOpenToLoopback: Bool

    static let closed = MetricsAccess(token: nil, isOpenToLoopback: false)

    init(token: String?, isOpenToLoopback: Bool) { (self.token, self.isOpenToLoopback) = (token, isOpenToLoopback) }

    init(_ configuration: Configuration) {
        self.init(token: configuration.metricsToken, isOpenToLoopback: configuration.opensMetricsToLoopback)
    }

    /// Whether the client of a request may read the metrics: it has the token; it is on this host, if that suffices; or
    /// the web server's configuration says so. `coffer stats` says so as well: it is on the workers' socket, like a web
    /// server.
    func isOpen(to exchange: any Exchange) -> Bool {
        // A malformed variable proves nothing.
        (try? exchange.text(.metrics)) == "on" || hasToken(exchange)
            || isOpenToLoopback && (try? Loopback.hasClient(exchange, ifAddressIsUnknown: false)) == true
    }

    private func hasToken(_ exchange: any Exchange) -> Bool {
        guard let token, let fields = try? exchange.parameters(RequestField.authorization.variable),
            let sent = try? BearerToken.find(in: fields)
        else { return false }
        return constantTimeEqual(sent.utf8.span, token.utf8.span)
    }
}
