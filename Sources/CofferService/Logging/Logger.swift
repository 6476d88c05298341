// The worker's log: lines on standard error, which the pool, the web server or systemd keeps.

internal import BlobStore
internal import CofferCore
internal import Postgres
internal import POSIX
internal import Storage

final class Logger {
    private let level: Configuration.LogLevel
    private let write: (_ line: String, _ priority: LogPriority) -> Void
    /// The id of the current request. nil between requests.
    var requestID: String?
    /// What `recordOnce` has recorded.
    private var recordedOnce: [Observation] = []

    init(
        level: Configuration.LogLevel,
        write: @escaping (_ line: String, _ priority: LogPriority) -> Void = { StandardError.write(line: $0, $1) }
    ) {
        (self.level, self.write) = (level, write)
    }

    func record(_ observation: Observation) {
        guard writes(observation.level) else { return }
        write(observation.line(requestID: requestID), LogPriority(observation.level))
    }

    /// Whether observations of a level are written. Where it is false, there is no need to make one.
    func writes(_ level: Configuration.LogLevel) -> Bool { level >= self.level }

    /// Records an observation that many requests would repeat, once for each process.
    func recordOnce(_ observation: Observation) {
        guard !recordedOnce.contains(observation) else { return }
        recordedOnce.append(observation)
        record(observation)
    }

    /// Runs `body`. An error is recorded, as the client does not learn the details, and becomes a `Failure`.
    func reporting<Value>(_ body: () throws -> Value) throws(Failure) -> Value {
        do {
            return try body()
        } catch {
            record(error)
            throw Failure(mapping: error)
        }
    }

    /// Records an error, except those that are recorded elsewhere: `Database` records its own, unless a result cannot be
    /// read, and `Service` records each `Failure` that becomes a response.
    func record(_ error: any Error) {
        switch error {
        case let error as BlobStoreError: record(.storageFailed(error.description))
        case let error as BlobLeftBehind: record(.blobLeftBehind(error.name.description))
        case let error as PostgresError where error.kind == .unexpectedResult:
            record(.databaseFailed(error.description))
        case is PostgresError, is Failure: break
        default: record(.failed("\(type(of: error))"))
        }
    }
}

extension LogPriority {
    fileprivate init(_ level: Configuration.LogLevel) {
        self =
            switch level {
            case .debug: .debug
            case .info: .info
            case .warning: .warning
            case .error: .error
            }
    }
}
