// Maps errors of lower modules to failures of the command.

internal import BlobStore
internal import Postgres
internal import Storage
internal import POSIX

extension Failure {
    /// The operator interrupted the command. What it has finished is kept.
    static let interrupted = Failure("interrupted; run the same command again to continue")

    init(_ error: BlobStoreError) { self.init("The storage: \(error)") }
}

extension Failure: MappedError {
    init(mapping error: any Error) {
        switch error {
        case let error as Failure: self = error
        case let error as PostgresError: self.init(error)
        case let error as BlobStoreError: self.init(error)
        default: self.init("\(error)")
        }
    }
}

/// Runs `body`. What it throws becomes a failure that begins with `problem`; a `Failure` stays as it is, and an
/// interruption becomes `Failure.interrupted`.
func mapError<Value: ~Copyable>(as problem: String, _ body: () throws -> Value) throws(Failure) -> Value {
    do {
        return try body()
    } catch {
        switch error {
        case let failure as Failure: throw failure
        case is VerifiedReader.Interrupted: throw Failure.interrupted
        default: throw Failure("\(problem): \(error)")
        }
    }
}
