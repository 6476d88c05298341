// The supervisor: keeps a number of workers running on one listening socket. It is one loop on one thread, which sleeps
// in `PoolSignals.next` and then checks all workers. So one SIGCHLD for several dead workers is enough.

internal import Monitoring
internal import POSIX

final class Pool {
    struct Options {
        var workers: Int
        /// The path of the worker program.
        var program: String
        var arguments: [String] = []
        var environment: [String: String]
        /// How long a new worker must run before the old one is ended.
        var trial = Duration.milliseconds(300)
        /// The time limit for workers to finish their requests, such as long uploads, when the pool ends.
        var drainLimit = Duration.seconds(60)
    }

    /// A sign of life for a watchdog. It comes from the loop that supervises the workers.
    struct Heartbeat {
        let interval: Duration
        let send: () -> Void
    }

    typealias Instant = ContinuousClock.Instant

    struct Worker {
        let process: Process
        let started: Instant
    }

    /// A place for one worker.
    struct Slot {
        var worker: Worker?
        /// When to start a worker. Nil while one is running.
        var due: Instant?
        var backOff = BackOff()
    }

    let options: Options
    let signals: any PoolSignals
    let heartbeat: Heartbeat?
    let observe: (PoolEvent) -> Void
    var slots: [Slot]
    var replacement: Replacement?
    var drain: Drain?
    /// Whether all workers have once outlived their trial.
    private var isReady = false
    private var nextHeartbeat = Instant.now
    private var socket: PoolSocket?
    /// Where the pool and its workers count. nil if there is no memory for it.
    private let memory: PoolMemory?
    /// Held until the end, so that no other pool uses the path while workers finish their requests.
    var lock: PoolLock?

    init(
        _ options: Options, socket: consuming PoolSocket, signals: any PoolSignals, heartbeat: Heartbeat? = nil,
        memory: PoolMemory? = nil,
        observe: @escaping (PoolEvent) -> Void
    ) {
        self.options = options
        self.socket = consume socket
        self.signals = signals
        self.heartbeat = heartbeat
        self.memory = memory
        self.observe = observe
        slots = Array(repeating: Slot(due: .now), count: options.workers)
    }

    /// Supervises the workers until a signal ends the pool and the last worker has ended.
    func run() throws(SystemError) {
        startDue()
        while true {
            sendHeartbeat()
            memory?.counters.workers = UInt64(workers.count)
            let signal = try signals.next(within: timeUntilNextAction)
            reapWorkers()
            switch signal {
            case .terminate, .interrupt: stop()
            case .hangUp where drain == nil: beginReplacement()
            default: break
            }
            if drain != nil {
                if workers.isEmpty { break }
                killOverdue()
            } else {
                advanceReplacement()
                startDue()
                noteReady()
            }
        }
        observe(.stopped)
    }

    /// All workers that are not known to have ended.
    var workers: [Worker] { slots.compactMap(\.worker) + (replacement?.worker.map { [$0] } ?? []) }

    /// The time until the next scheduled action.
    private var timeUntilNextAction: Duration {
        let others = [
            replacement?.due(trial: options.trial), drain?.deadline, readyDue,
            heartbeat.map { _ in nextHeartbeat },
        ]
        let moments = slots.compactMap(\.due) + others.compactMap { $0 }
        guard let next = moments.min() else { return .seconds(60) }
        return max(.zero, Instant.now.duration(to: next))
    }

    private func sendHeartbeat() {
        guard let heartbeat, nextHeartbeat <= .now else { return }
        heartbeat.send()
        nextHeartbeat = .now + heartbeat.interval
    }

    /// When all workers have outlived their trial, unless one ends before. nil while one is missing, and once it was
    /// reported. A program that is there but cannot work, for example with an invalid configuration, ends at once.
    private var readyDue: Instant? {
        guard !isReady, drain == nil, slots.allSatisfy({ $0.worker != nil }) else { return nil }
        return slots.compactMap { $0.worker?.started }.max().map { $0 + options.trial }
    }

    private func noteReady() {
        guard let due = readyDue, due <= .now else { return }
        isReady = true
        observe(.ready(workers: slots.count))
    }

    /// Starts one worker on the socket.
    func spawn() throws(SystemError) -> Worker {
        guard let number = socket?.number else { preconditionFailure("no worker starts after the socket is closed") }
        let process = try Process.spawn(
            options.program, arguments: options.arguments,
            environment: options.environment.merging(memory?.variables ?? [:]) { $1 }, standardInput: number,
            third: memory?.file.number)
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

    /// Schedules the next start in an empty slot and returns the delay.
    private func postpone(_ index: Int, afterLifeOf life: Duration) -> Duration {
        let delay = slots[index].backOff.delay(afterLifeOf: life)
        slots[index].due = .now + delay
        return delay
    }

    /// Reaps workers that have ended. Waits for each by its number, so that other children are not reaped.
    private func reapWorkers() {
        for index in slots.indices {
            guard let worker = slots[index].worker, let ending = ending(of: worker) else { continue }
            slots[index].worker = nil
            if drain != nil { continue }
            memory?.counters.countRestart()
            let delay = postpone(index, afterLifeOf: worker.started.duration(to: .now))
            observe(.died(slot: index, id: worker.process.id, ending, delay: delay))
        }
        reapReplaced()
    }

    func ending(of worker: Worker) -> Process.Ending? {
        do {
            return try worker.process.ending()
        } catch {
            // It was reaped elsewhere, so its exit status is unknown.
            return .exited(status: -1)
        }
    }

    /// Closes the pool's copy of the socket. Workers keep theirs. Returns the lock on the path.
    func closeSocket() -> PoolLock? {
        socket.take()?.close()
    }
}
