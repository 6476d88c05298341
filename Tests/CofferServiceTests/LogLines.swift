import CofferCore
import POSIX

@testable import CofferService

/// What a logger of a test has written: each line with its priority before it, as in a service's log.
final class LogLines {
    var all: [String] = []

    func logger(_ level: Configuration.LogLevel) -> Logger {
        Logger(level: level) { line, priority in self.all.append("<\(priority.rawValue)>\(line)") }
    }
}
