// Takes requests from the web server and hands them to the application, one at a time on one thread.
//
// A request in hand is never interrupted: the signals that ask for the end stay blocked for good and are looked up
// between requests, for which accepting times out twice a second. With a handler instead, a signal could fall between
// the look and the accept, and libfcgi's own would lose the connection it has just accepted.

internal import CFastCGI
internal import System

/// The way requests come in.
public enum Gateway {
    /// Whether the web server started this process for one request (CGI) rather than for many (FastCGI): whether
    /// descriptor 0 is no listening socket.
    ///
    /// The corresponding C function is `FCGX_IsCGI`. The first look also prepares the process's signals.
    public static let isCGI = start()

    /// Serves requests on the calling thread, which must be the process's only one: one request in plain CGI, otherwise
    /// all that arrive on descriptor 0 until SIGTERM, SIGINT or SIGUSR1 comes, or until the pool named by
    /// COFFER_POOL_PID is no longer this process's parent.
    ///
    /// - Parameters:
    ///   - handle: answers one request; the exchange is no longer valid when it has returned.
    ///   - afterwards: what is done when the answer is sent and the connection closed.
    /// - Throws: `.system` or `.library` when no further request can be accepted.
    public static func serve(
        _ handle: (any Exchange) -> Void, afterwards: () -> Void = {}
    ) throws(GatewayError) {
        if isCGI {
            serveOne(handle)
            Faults.point("finished")
            return afterwards()
        }
        let listener: FileDescriptor
        do throws(SystemError) { listener = try Sockets.adoptListener(0) } catch { throw .system(error) }
        let pool = Environment.value("COFFER_POOL_PID").flatMap { Int32($0) }
        try serve(
            on: listener,
            until: {
                if let pool, pool != Signals.parent { return true }
                return Signals.isPending(anyOf: stopSignals)
            }, handle, afterwards: afterwards)
    }

    /// The one request of a CGI process. Standard output is closed at the end, which tells the web server that it was.
    private static func serveOne(_ handle: (any Exchange) -> Void) {
        let exchange = CGIExchange()
        handle(exchange)
        exchange.finish()
    }

    /// Serves what arrives on `listener` until `isOver`, asked before each request and after each `pause` without one.
    static func serve(
        on listener: borrowing FileDescriptor, pause: Duration = .milliseconds(500), until isOver: () -> Bool,
        _ handle: (any Exchange) -> Void, afterwards: () -> Void = {}
    ) throws(GatewayError) {
        _ = isCGI
        do { try Sockets.setReceiveTimeout(listener.number, pause) } catch { throw .system(error) }
        let exchange = FastCGIExchange(listener: listener.number)
        while !isOver() {
            guard try exchange.accept() else { continue }
            if exchange.isResponder { handle(exchange) } else { exchange.refuseRole() }
            exchange.finish()
            Faults.point("finished")
            afterwards()
        }
    }

    private static let stopSignals: Set<Signal> = [.terminate, .interrupt, .user1]

    /// libfcgi puts handlers in for SIGTERM, SIGUSR1 and SIGPIPE. Blocked before, none of them ever runs.
    private static func start() -> Bool {
        try? Signals.block(stopSignals)
        let isCGI = FCGX_IsCGI() != 0
        Signals.ignore(.pipe)
        if isCGI {
            // There the web server's SIGTERM means that nobody waits any more: the body has ended, and what is begun is
            // taken back as after any short body.
            Signals.cutOff(on: [.terminate, .user1])
            try? Signals.unblock(stopSignals)
        }
        return isCGI
    }
}
