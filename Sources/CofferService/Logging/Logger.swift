// The worker's log: lines on standard error, which the pool, the web server or systemd keeps.

internal import BlobStore
internal import CofferCore
internal import Postgres
internal import POSIX
internal import Storage

final class Logger {
    private let level: Configuration.LogLevel
    private let write: (_ line: String) -> Void
    /// The id of the current request. nil between requests.
    var requestID: String?
    /// What `recordOnce` has recorded.
    private var recordedOnce: [Observation] = []

    init(level: Configuration.LogLevel, write: @escaping (_ line: String) -> Void = StandardError.write(line:)) {
        (self.level, self.write) = (level, write)
    }

    func record(_ observation: Observation) {
        guard observation.level >= level else { return }
        write(observation.line(requestID: requestID))
    }

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
