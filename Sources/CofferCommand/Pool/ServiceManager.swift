// Reports the pool's state to the service manager that started it, by one datagram for each report: the protocol of
// sd_notify(3) and sd_watchdog_enabled(3).

internal import POSIX

/// systemd, or another service manager that has set NOTIFY_SOCKET.
final class ServiceManager {
    /// A path, or `@` and an abstract name.
    private let address: String
    /// How often the manager wants a sign of life: twice in the time after which it would end the pool.
    let heartbeatInterval: Duration?
    /// Before the first READY=1 the pool starts, and cannot reload.
    private var isReady = false
    private var hasFailed = false

    /// nil if no service manager has set NOTIFY_SOCKET.
    init?(_ environment: [String: String]) {
        guard let address = environment["NOTIFY_SOCKET"], address.hasPrefix("/") || address.hasPrefix("@") else {
            return nil
        }
        self.address = address
        heartbeatInterval = Self.watchdogLimit(environment).map { $0 / 2 }
    }

    /// WATCHDOG_USEC, unless it is for another process.
    private static func watchdogLimit(_ environment: [String: String]) -> Duration? {
        guard let text = environment["WATCHDOG_USEC"], let limit = Int64(text), limit > 0 else { return nil }
        if let id = environment["WATCHDOG_PID"], id != String(Process.current.id) { return nil }
        return .microseconds(limit)
    }

    /// Sends what the event means to a service manager, and the event's text for `systemctl status`.
    func report(_ event: PoolEvent) {
        send(state(after: event) + ["STATUS=\(event)"])
    }

    func sendHeartbeat() { send(["WATCHDOG=1"]) }

    private func state(after event: PoolEvent) -> [String] {
        switch event {
        case .ready:
            isReady = true
            return ["READY=1"]
        case .replacing where isReady:
            // The manager compares the time with that of its request to reload.
            return ["RELOADING=1", "MONOTONIC_USEC=\(Clock.monotonicNanoseconds() / 1000)"]
        case .replaced where isReady, .replacementFailed where isReady: return ["READY=1"]
        case .draining: return ["STOPPING=1"]
        default: return []
        }
    }

    /// The pool continues without its manager. Only the first failure is logged.
    private func send(_ lines: [String]) {
        do {
            try Sockets.send(Array(lines.joined(separator: "\n").utf8).span, to: address)
        } catch {
            guard !hasFailed else { return }
            hasFailed = true
            StandardError.write(line: "coffer serve: the service manager cannot be notified: \(error)")
        }
    }
}
