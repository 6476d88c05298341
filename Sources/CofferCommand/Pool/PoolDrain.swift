// SIGTERM and SIGINT: nobody new is let in, those inside finish, and who stays too long is thrown out.

internal import System

extension Pool {
    /// An end under way.
    struct Drain {
        let deadline: Instant
    }

    /// The first call lets the workers finish, the second one kills them.
    func stop() {
        if drain != nil { return kill() }
        observe(.draining(workers: workers.count))
        drain = Drain(deadline: .now + options.drainLimit)
        lock = closeSocket()
        for index in slots.indices { slots[index].due = nil }
        for worker in workers { try? worker.process.send(.terminate) }
    }

    func killLate() {
        if let drain, drain.deadline <= .now { kill() }
    }

    private func kill() {
        observe(.killing(workers: workers.count))
        // What SIGKILL cannot end is not to be asked again and again.
        drain = Drain(deadline: .now + .seconds(60))
        for worker in workers { try? worker.process.send(.kill) }
    }
}
