// SIGHUP: replaces the workers one by one. Each new worker runs before the old one ends, so the number that serves
// never drops.

internal import POSIX

extension Pool {
    /// The state of a replacement.
    struct Replacement {
        /// The slots whose workers are still to be replaced, in order.
        var waiting: [Int]
        var step = Step.next

        enum Step {
            case next
            /// A new worker runs beside the old one, which ends after the trial.
            case trying(slot: Int, Worker)
            /// The old worker finishes its request, without a time limit.
            case retiring(slot: Int, Worker)
        }

        /// The worker that is not in a slot: a new one on trial, or an old one that is ending.
        var worker: Worker? {
            switch step {
            case .next: nil
            case .trying(_, let worker), .retiring(_, let worker): worker
            }
        }

        /// When the trial of the new worker ends.
        func due(trial: Duration) -> Instant? {
            if case .trying(_, let worker) = step { worker.started + trial } else { nil }
        }
    }

    /// Starts with the first slot. A replacement that is already active finishes its current step and then starts
    /// again.
    func beginReplacement() {
        observe(.replacing)
        replacement = Replacement(waiting: Array(slots.indices), step: replacement?.step ?? .next)
    }

    /// Performs all steps that need no waiting.
    func advanceReplacement() {
        while let current = replacement {
            switch current.step {
            case .next:
                guard let slot = current.waiting.first else { return endReplacement() }
                replacement?.waiting.removeFirst()
                tryNewWorker(slot)
            case .trying(let slot, let worker):
                if worker.started.duration(to: .now) < options.trial { return }
                accept(worker, slot)
            case .retiring: return
            }
        }
    }

    /// Reaps the worker that is not in a slot, if it has ended.
    func reapReplaced() {
        guard let step = replacement?.step, let worker = replacement?.worker, let ending = ending(of: worker) else {
            return
        }
        switch step {
        case .next: break
        case .trying:
            replacement = nil
            if drain == nil { observe(.replacementFailed(reason: "a new worker died at once with \(ending)")) }
        case .retiring(let slot, _):
            replacement?.step = .next
            observe(.retired(slot: slot, id: worker.process.id, ending))
        }
    }

    private func tryNewWorker(_ slot: Int) {
        // An empty slot only gets its worker sooner, since the cause of the deaths may be fixed.
        if slots[slot].worker == nil {
            slots[slot].due = .now
            return
        }
        do {
            replacement?.step = .trying(slot: slot, try spawn())
        } catch {
            replacement = nil
            observe(.replacementFailed(reason: "a new worker could not be started: \(error)"))
        }
    }

    private func accept(_ worker: Worker, _ slot: Int) {
        let old = slots[slot].worker
        slots[slot] = Slot(worker: worker)
        observe(.started(slot: slot, id: worker.process.id))
        if let old {
            replacement?.step = .retiring(slot: slot, old)
            try? old.process.send(.terminate)
        } else {
            replacement?.step = .next
        }
    }

    private func endReplacement() {
        replacement = nil
        observe(.replaced)
    }
}
