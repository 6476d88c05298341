// SIGHUP: a new worker for each old one, without a moment in which fewer serve than before.

internal import System

extension Pool {
    /// A replacement under way.
    struct Replacement {
        /// The slots whose turn is still to come, in order.
        var waiting: [Int]
        var step = Step.next

        enum Step {
            case next
            /// A new worker runs beside the old one and must show that it lives.
            case trying(slot: Int, Worker)
            /// The old one finishes what it has in hand, however long that takes.
            case retiring(slot: Int, Worker)
        }

        /// The worker that is in no slot.
        var worker: Worker? {
            switch step {
            case .next: nil
            case .trying(_, let worker), .retiring(_, let worker): worker
            }
        }

        /// When the worker on trial has passed.
        func due(trial: Duration) -> Instant? {
            if case .trying(_, let worker) = step { worker.started + trial } else { nil }
        }
    }

    /// Begins with the first slot; a replacement under way finishes its step and then begins anew.
    func beginReplacement() {
        observe(.replacing)
        replacement = Replacement(waiting: Array(slots.indices), step: replacement?.step ?? .next)
    }

    /// Takes all steps that need no waiting.
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

    /// Takes notice when the worker that is in no slot has ended.
    func buryReplaced() {
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
        // An empty slot gets a new worker anyway: now, for what made the old ones die may have been mended.
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
