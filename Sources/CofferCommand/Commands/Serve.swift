// coffer serve

internal import ArgumentParser
internal import CofferCore
internal import POSIX

struct Serve: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run the workers on a socket, in the foreground.",
        discussion: """
            SIGTERM and SIGINT stop the pool: workers finish their requests, at most 60 seconds. A second signal kills \
            them. SIGHUP replaces the workers one by one, with the current program and options. If systemd passes a \
            socket, the pool uses it. With Type=notify and WatchdogSec= in the unit, systemd knows when the pool is \
            ready, reloads, stops, or hangs (sd_notify(3)).
            """)

    @Option(help: "The number of workers (COFFER_WORKERS).") var workers: String?
    @Option(help: "The path of the socket, or IPv4 address:port (COFFER_SOCKET).") var socket: String?
    @Option(help: "The permissions of the socket (COFFER_SOCKET_MODE).") var socketMode: String?
    @Option(help: "The group of the socket (COFFER_SOCKET_GROUP).") var socketGroup: String?
    @Option(help: "The path of the worker program. Default: coffer.fcgi beside this program.") var worker: String?

    func run() throws {
        let configuration = try loadConfiguration(arguments: [
            "COFFER_WORKERS": workers, "COFFER_SOCKET": socket, "COFFER_SOCKET_MODE": socketMode,
            "COFFER_SOCKET_GROUP": socketGroup,
        ])
        let program = try workerProgram()
        let environment = Environment.all()
        let manager = ServiceManager(environment)
        let observe = { (event: PoolEvent) in
            StandardError.write(line: "coffer serve: \(event)", event.priority)
            manager?.report(event)
        }
        do {
            // Signals are blocked before the socket exists, since a program that waits for the socket may send one.
            let signals = try ProcessSignals()
            let listener = try listen(configuration, environment)
            observe(.listening(at: listener.name, workers: configuration.workers))
            let options = Pool.Options(
                workers: configuration.workers, program: program, environment: workerEnvironment(environment))
            let heartbeat = manager.flatMap { manager in
                manager.heartbeatInterval.map { Pool.Heartbeat(interval: $0, send: manager.sendHeartbeat) }
            }
            try Pool(
                options, socket: listener, signals: signals, heartbeat: heartbeat, memory: memory(observe),
                observe: observe
            ).run()
        } catch let error as SystemError {
            throw Failure("The pool cannot continue: \(error)")
        }
    }

    /// The pool also works without counters.
    private func memory(_ observe: (PoolEvent) -> Void) -> PoolMemory? {
        do throws(SystemError) {
            return try PoolMemory()
        } catch {
            observe(.notCounting(error))
            return nil
        }
    }

    private func listen(_ configuration: Configuration, _ environment: [String: String]) throws(Failure) -> PoolSocket {
        if let passed = try PoolSocket.passed(environment) { return passed }
        switch configuration.socket {
        case .path(let path):
            return try PoolSocket(path: path, mode: configuration.socketMode, group: configuration.socketGroup)
        case .tcp(let address, let port): return try PoolSocket(address: address, port: port)
        }
    }

    private func workerProgram() throws(Failure) -> String {
        guard let path = worker ?? besideThisProgram else { throw Failure("Name the worker with --worker PATH.") }
        guard Process.canExecute(path) else { throw Failure("There is no worker program at \(path).") }
        return path
    }

    private var besideThisProgram: String? {
        guard let path = Process.executablePath, let slash = path.lastIndex(of: "/") else { return nil }
        return path[...slash] + "coffer.fcgi"
    }
}

/// The environment of the workers: that of this process, without its own variables, and with its process id, by which
/// workers notice that the pool has ended.
func workerEnvironment(_ environment: [String: String]) -> [String: String] {
    var result = environment
    for name in [
        "LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES", "NOTIFY_SOCKET", "WATCHDOG_PID", "WATCHDOG_USEC",
        "COFFER_OWNER_DATABASE_URL", "COFFER_POOL_COUNTERS",
    ] {
        result[name] = nil
    }
    result["COFFER_POOL_PID"] = String(Process.current.id)
    return result
}
