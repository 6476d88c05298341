// The supervisor: keeps a number of workers alive on one listening socket. One loop, one thread; it sleeps in
// `PoolSignals.next` and looks at everything when it wakes, so a signal that stands for several ends is enough.

internal import System

final class Pool {
    struct Options {
        var workers: Int
        /// Path of the worker program, its arguments, and the environment it gets.
        var program: String
        var arguments: [String] = []
        var environment: [String: String]
        /// How long a new worker must live before the old one is let go.
        var trial = Duration.milliseconds(300)
        /// How long workers may finish what they have in hand at the end: long uploads.
        var drainLimit = Duration.seconds(60)
    }

    typealias Instant = ContinuousClock.Instant

    struct Worker {
        let process: Process
        let started: Instant
    }

    /// A place for one worker.
    struct Slot {
        var worker: Worker?
        /// When a worker is to be started; nil while there is one.
        var due: Instant?
        var backOff = BackOff()
    }

    let options: Options
    let signals: any PoolSignals
    let observe: (PoolEvent) -> Void
    var slots: [Slot]
    var replacement: Replacement?
    var drain: Drain?
    private var socket: PoolSocket?
    /// Kept to the end, so that no other pool takes the path while our workers finish.
    var lock: PoolLock?

    init(
        _ options: Options, socket: consuming PoolSocket, signals: any PoolSignals,
        observe: @escaping (PoolEvent) -> Void
    ) {
        self.options = options
        self.socket = consume socket
        self.signals = signals
        self.observe = observe
        slots = Array(repeating: Slot(due: .now), count: options.workers)
    }

    /// Supervises until a signal ends it and the last worker is gone.
    func run() throws(SystemError) {
        startDue()
        while true {
            let signal = try signals.next(within: patience)
            buryDead()
            switch signal {
            case .terminate, .interrupt: stop()
            case .hangUp where drain == nil: beginReplacement()
            default: break
            }
            if drain != nil {
                if workers.isEmpty { break }
                killLate()
            } else {
                advanceReplacement()
                startDue()
            }
        }
        observe(.stopped)
    }

    /// Every worker that is alive as far as we know.
    var workers: [Worker] { slots.compactMap(\.worker) + (replacement?.worker.map { [$0] } ?? []) }

    /// How long nothing is to be done unless a signal comes.
    private var patience: Duration {
        let others = [replacement?.due(trial: options.trial), drain?.deadline]
        let moments = slots.compactMap(\.due) + others.compactMap { $0 }
        guard let next = moments.min() else { return .seconds(60) }
        return max(.zero, Instant.now.duration(to: next))
    }

    /// Starts one worker on the socket.
    func spawn() throws(SystemError) -> Worker {
        guard let number = socket?.number else { preconditionFailure("no worker starts after the socket is closed") }
        let process = try Process.spawn(
            options.program, arguments: options.arguments, environment: options.environment, standardInput: number)
        return Worker(process: process, started: .now)
    }

    private func startDue() {
        for index in slots.indices {
            guard let due = slots[index].due, due <= .now else { continue }
            do {
                let worker = try spawn()
                slots[index].worker = worker
                slots[index].due = nil
                observe(.started(slot: index, id: worker.process.id))
            } catch {
                observe(.notStarted(slot: index, error, delay: postpone(index, afterLifeOf: .zero)))
            }
        }
    }

    /// Says when an empty slot is to be filled, and how long that is from now.
    private func postpone(_ index: Int, afterLifeOf life: Duration) -> Duration {
        let delay = slots[index].backOff.delay(afterLifeOf: life)
        slots[index].due = .now + delay
        return delay
    }

    /// Asks for each worker and not for any child at all, so as to take no one else's.
    private func buryDead() {
        for index in slots.indices {
            guard let worker = slots[index].worker, let ending = ending(of: worker) else { continue }
            slots[index].worker = nil
            if drain != nil { continue }
            let delay = postpone(index, afterLifeOf: worker.started.duration(to: .now))
            observe(.died(slot: index, id: worker.process.id, ending, delay: delay))
        }
        buryReplaced()
    }

    func ending(of worker: Worker) -> Process.Ending? {
        do {
            return try worker.process.ending()
        } catch {
            // Somebody else has taken its end: all that is known is that it is gone.
            return .exited(status: -1)
        }
    }

    /// Gives up the socket; what workers have of it goes with them. Returns the right to its path.
    func closeSocket() -> PoolLock? {
        socket.take()?.close()
    }
}
