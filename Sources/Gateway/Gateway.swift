// Accepts requests from the web server and passes them to the application, one at a time on one thread.
//
// Signals do not interrupt a request. The stop signals stay blocked, and the loop checks for them twice a second,
// between requests: checking more often would cost a busy worker system calls. So that an idle worker checks as well,
// it waits no longer than that. With a signal handler, a signal could arrive between the check and the accept. libfcgi's
// own handler would lose the connection that it has just accepted.

internal import CFastCGI
internal import POSIX

/// Serves requests over FastCGI or plain CGI.
public enum Gateway {
    /// Whether the web server started this process for a single request (CGI), which means that descriptor 0 is not a
    /// listening socket.
    ///
    /// The corresponding C function is `FCGX_IsCGI`. The first access also sets up the process's signals.
    public static let isCGI = start()

    /// Says which hosts may send requests over TCP. Must be called before everything else of this module. Nobody may
    /// unless the variable FCGI_WEB_SERVER_ADDRS of the environment says so.
    ///
    /// FastCGI has no authentication, and who can connect can pretend to be the web server. libfcgi compares the
    /// addresses of connections, if they are of IPv4, with that variable.
    ///
    /// - Parameter webServers: IPv4 addresses.
    public static func admit(_ webServers: [String]) {
        if !webServers.isEmpty { Environment.set(webServersVariable, webServers.joined(separator: ",")) }
    }

    private static let webServersVariable = "FCGI_WEB_SERVER_ADDRS"

    /// Serves requests on the calling thread, which must be the only one of the process. In plain CGI, serves one
    /// request. Otherwise, serves the requests on descriptor 0 until SIGTERM, SIGINT or SIGUSR1 arrives, or until the
    /// pool COFFER_POOL_PID is no longer this process's parent.
    ///
    /// - Parameters:
    ///   - handle: answers one request. The exchange is invalid after it has returned.
    ///   - afterwards: runs after each response, when the connection is closed.
    /// - Throws: `.system` or `.library` if no further request can be accepted, `.openToAll` for a TCP listener.
    public static func serve(
        _ handle: (any Exchange) -> Void, afterwards: () -> Void = {}
    ) throws(GatewayError) {
        if isCGI {
            serveOne(handle)
            Faults.point("finished")
            return afterwards()
        }
        let listener: FileDescriptor
        do throws(SystemError) { listener = try Sockets.inheritListener(0) } catch { throw .system(error) }
        switch Sockets.family(of: listener.number) {
        case .unix: break
        case .ipv4 where Environment.value(webServersVariable)?.isEmpty == false: break
        case .ipv4, .other: throw .openToAll
        }
        let pool = Environment.value("COFFER_POOL_PID").flatMap { Int32($0) }
        try serve(
            on: listener,
            until: {
                if let pool, pool != Process.parent.id { return true }
                return Signals.isPending(anyOf: stopSignals)
            }, handle, afterwards: afterwards)
    }

    /// Serves the request of a CGI process, and closes standard output, which ends the response.
    private static func serveOne(_ handle: (any Exchange) -> Void) {
        let exchange = CGIExchange()
        handle(exchange)
        exchange.finish()
    }

    /// Serves requests on `listener` until `shouldStop` returns true. It is called first and then once in each `pause`,
    /// after a request or while there is none.
    static func serve(
        on listener: borrowing FileDescriptor, pause: Duration = .milliseconds(500), until shouldStop: () -> Bool,
        _ handle: (any Exchange) -> Void, afterwards: () -> Void = {}
    ) throws(GatewayError) {
        _ = isCGI
        let arrivals: Arrivals
        do {
            arrivals = try Arrivals(on: listener.number)
            if case .ipv4 = Sockets.family(of: listener.number) {
                try Sockets.setReceiveTimeout(listener.number, pause)
                try Sockets.limitSilence(of: listener.number)
            }
        } catch { throw .system(error) }
        let exchange = FastCGIExchange(listener: listener.number)
        var nextCheck: Int64 = .min
        while true {
            let now = Clock.monotonicNanoseconds()
            if now >= nextCheck {
                if shouldStop() { return }
                nextCheck = now + Int64(pause / .nanoseconds(1))
            }
            do throws(GatewayError) {
                guard try exchange.accept() else {
                    arrivals.wait(limit: pause)
                    continue
                }
            } catch {
                // The pool has stopped listening, and is about to stop this worker.
                if !Sockets.isListening(listener.number) { return }
                throw error
            }
            if exchange.isResponder { handle(exchange) } else { exchange.refuseRole() }
            exchange.finish()
            Faults.point("finished")
            afterwards()
        }
    }

    private static let stopSignals: Set<Signal> = [.terminate, .interrupt, .user1]

    /// Blocks the stop signals before libfcgi installs its handlers for SIGTERM, SIGUSR1 and SIGPIPE, so that they
    /// never run.
    private static func start() -> Bool {
        try? Signals.block(stopSignals)
        let isCGI = FCGX_IsCGI() != 0
        Signals.ignore(.pipe)
        if isCGI {
            // In CGI mode, the web server sends SIGTERM when its client is gone. The body then ends early, and the
            // upload is undone like any truncated one.
            Signals.disconnectStreams(on: [.terminate, .user1])
            try? Signals.unblock(stopSignals)
        }
        return isCGI
    }
}
