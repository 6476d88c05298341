// Limits how many workers of the pool do long work for slow clients at once, so that others always find a worker.
//
// A slot is a name that only one process of the host can have (`Sockets.takeName`). It is free again when its worker
// dies, needs no directory that all workers can write to, and lasts across transactions. Locks in the database, which
// limit searches, would need a transaction that is open as long as the work takes, or break behind a pooler.

internal import CofferCore
internal import Cryptography
internal import POSIX
internal import Text

struct PoolSlots {
    /// How many workers can have a slot at once: half of the pool, but at least one.
    let limit: Int
    private let purpose: StaticString
    private let installation: String

    /// - Parameter purpose: the kind of work. Each kind has slots of its own.
    init(_ purpose: StaticString, _ configuration: Configuration) {
        limit = max(1, configuration.workers / 2)
        self.purpose = purpose
        // Different installations on a host have different sockets or stores.
        installation = "\(configuration.socket)\n" + configuration.storageURL
    }

    /// Takes a slot, which is free again when it is released.
    ///
    /// - Throws: `Failure` 503 if all slots are taken.
    func take() throws(Failure) -> PoolSlot {
        let prefix = prefix
        for number in 1...limit {
            let descriptor = try mapError(to: Failure.self) { try Sockets.takeName("\(prefix) \(number)") }
            if let descriptor { return PoolSlot(descriptor: descriptor) }
        }
        throw Failure(
            .workersBusy, details: "At most \(limit) of these requests can run at once", fields: retryAfter)
    }

    /// Other users of the host can see it, so it has a digest.
    private var prefix: String { "coffer \(hexadecimal(sha256(installation.utf8.span))) \(purpose)" }
}

struct PoolSlot: ~Copyable {
    fileprivate let descriptor: FileDescriptor
}
