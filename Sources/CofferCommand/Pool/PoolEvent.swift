// All messages of the pool's log, one line each.

internal import POSIX

enum PoolEvent: Equatable, CustomStringConvertible {
    case listening(at: String, workers: Int)
    case notCounting(SystemError)
    case started(slot: Int, id: Int32)
    case ready(workers: Int)
    case notStarted(slot: Int, SystemError, delay: Duration)
    case died(slot: Int, id: Int32, Process.Ending, delay: Duration)
    case replacing
    case retired(slot: Int, id: Int32, Process.Ending)
    case replaced
    case replacementFailed(reason: String)
    case draining(workers: Int)
    case killing(workers: Int)
    case stopped

    var description: String {
        switch self {
        case .listening(let place, let workers): "listening on \(place) with \(workers) workers"
        case .notCounting(let error): "there is no memory for the counters of the metrics: \(error)"
        case .started(let slot, let id): "worker \(slot + 1) started, pid \(id)"
        case .ready(let workers): "ready; \(workers) workers accept requests"
        case .notStarted(let slot, let error, let delay):
            "worker \(slot + 1) could not be started: \(error); next try in \(milliseconds(delay)) ms"
        case .died(let slot, let id, let ending, let delay):
            "worker \(slot + 1), pid \(id), ended unexpectedly with \(ending); next start in \(milliseconds(delay)) ms"
        case .replacing: "replacing the workers one by one"
        case .retired(let slot, let id, let ending): "old worker \(slot + 1), pid \(id), ended with \(ending)"
        case .replaced: "all workers have been replaced"
        case .replacementFailed(let reason): "the replacement was cancelled, the old workers continue: \(reason)"
        case .draining(let workers): "stopping; \(workers) workers finish their requests"
        case .killing(let workers): "killing \(workers) workers that did not finish"
        case .stopped: "stopped"
        }
    }

    var priority: LogPriority {
        switch self {
        case .notStarted, .replacementFailed, .killing: .error
        case .died, .notCounting: .warning
        case .listening, .started, .ready, .replacing, .retired, .replaced, .draining, .stopped: .info
        }
    }

    private func milliseconds(_ duration: Duration) -> Int64 { Int64(duration / .milliseconds(1)) }
}
