// The worker's log: lines on standard error, which the pool, the web server or systemd keeps.

internal import BlobStore
internal import CofferCore
internal import POSIX

final class Logger {
    private let level: Configuration.LogLevel
    /// The request in hand.
    var requestID: String?
    /// What is not recorded again.
    private var recordedOnce: [Observation] = []

    init(level: Configuration.LogLevel) { self.level = level }

    func record(_ observation: Observation) {
        guard observation.level >= level else { return }
        StandardError.write(line: observation.line(requestID: requestID))
    }

    /// Records what would be the same for many requests, once for each process.
    func recordOnce(_ observation: Observation) {
        guard !recordedOnce.contains(observation) else { return }
        recordedOnce.append(observation)
        record(observation)
    }

    /// Does what may fail in a store, records why it failed, and throws what the client is told.
    func reporting<Value>(_ body: () throws(BlobStoreError) -> Value) throws(Failure) -> Value {
        do {
            return try body()
        } catch {
            record(.storageFailed(error.description))
            throw Failure(error)
        }
    }
}
