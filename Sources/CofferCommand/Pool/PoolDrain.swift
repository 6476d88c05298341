// SIGTERM and SIGINT: the pool accepts no new requests, workers finish theirs, and those that take too long are killed.

internal import POSIX

extension Pool {
    /// The state of a pool that is ending.
    struct Drain {
        let deadline: Instant
    }

    /// The first call lets the workers finish. The second one kills them.
    func stop() {
        if drain != nil { return kill() }
        observe(.draining(workers: workers.count))
        drain = Drain(deadline: .now + options.drainLimit)
        lock = closeSocket()
        for index in slots.indices { slots[index].due = nil }
        for worker in workers { try? worker.process.send(.terminate) }
    }

    func killOverdue() {
        if let drain, drain.deadline <= .now { kill() }
    }

    private func kill() {
        observe(.killing(workers: workers.count))
        // A process that SIGKILL cannot end yet (in a blocked system call) does not get it again immediately.
        drain = Drain(deadline: .now + .seconds(60))
        for worker in workers { try? worker.process.send(.kill) }
    }
}
