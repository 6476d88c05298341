// The worker's log: lines on standard error, which the pool, the web server or systemd keeps.

internal import CofferCore
internal import CofferProcess

final class Journal {
    private let level: Configuration.LogLevel
    /// The request in hand.
    var requestID: String?

    init(level: Configuration.LogLevel) { self.level = level }

    func record(_ observation: Observation) {
        guard observation.level >= level else { return }
        StandardError.write(line: observation.line(requestID: requestID))
    }
}
