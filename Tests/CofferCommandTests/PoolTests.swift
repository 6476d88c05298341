import Dispatch
import Monitoring
import Synchronization
import POSIX
import TestSupport
import Testing

@testable import CofferCommand

/// The real pool with real processes. A shell plays the worker. Signals are injected, since other threads of the test
/// process could consume real ones.
@Suite struct PoolTests {
    @Test func `dead workers are started again, with a growing delay`() async throws {
        let harness = try Harness(workers: 1, script: "exit 3")
        let pool = harness.start()
        let growing = [Duration.zero, .milliseconds(100), .milliseconds(200), .milliseconds(400)]
        // Where the machine is so busy that a worker lived for long, they begin again.
        await harness.until { harness in
            harness.delays.indices.contains { harness.delays[$0...].prefix(4).elementsEqual(growing) }
        }
        harness.send(.terminate)
        await pool.value
    }

    @Test func `a worker that is killed is replaced at once`() async throws {
        let harness = try Harness(workers: 2, script: Harness.idle)
        let pool = harness.start()
        await harness.until { $0.started.count == 2 }
        try Process(id: harness.started[0]).send(.kill)
        await harness.until { $0.started.count == 3 }
        harness.send(.terminate)
        await pool.value
        #expect(harness.events.contains(.died(slot: 0, id: harness.started[0], .killed(.kill), delay: .zero)))
        #expect(harness.events.last == .stopped)
    }

    @Test func `when the pool stops, a worker finishes its request`() async throws {
        let script = "trap 'sleep 0.3; echo done >> $OUT; exit 0' TERM; \(Harness.ready)"
        let harness = try Harness(workers: 1, script: script)
        let pool = harness.start()
        await harness.until { $0.output.contains("ready") }
        harness.send(.terminate)
        await harness.until { $0.events.contains(.draining(workers: 1)) }
        #expect((try? FileSystem.status(harness.socketPath)) == nil)
        await pool.value
        #expect(harness.output == "ready\ndone\n")
        #expect(!harness.events.contains { if case .killing = $0 { true } else { false } })
    }

    @Test func `workers that do not finish are killed at a second signal or at the time limit`() async throws {
        for limit in [Harness.never, .milliseconds(100)] {
            let harness = try Harness(workers: 1, script: "trap '' TERM; \(Harness.ready)", drainLimit: limit)
            let pool = harness.start()
            await harness.until { $0.output.contains("ready") }
            harness.send(.terminate)
            if limit == Harness.never { harness.send(.interrupt) }
            await pool.value
            #expect(harness.events.suffix(3) == [.draining(workers: 1), .killing(workers: 1), .stopped])
        }
    }

    @Test func `workers are replaced one by one, and the old ones finish`() async throws {
        let script = "trap 'sleep 0.1; exit 0' TERM; \(Harness.ready)"
        let harness = try Harness(workers: 2, script: script, trial: .milliseconds(50))
        let pool = harness.start()
        await harness.until { $0.output == "ready\nready\n" && $0.events.contains(.ready(workers: 2)) }
        harness.send(.hangUp)
        await harness.until { $0.events.contains(.replaced) }
        harness.send(.terminate)
        await pool.value
        let id = harness.started
        #expect(id.count == 4)
        let ended = Process.Ending.exited(status: 0)
        let replacement = Array(harness.events.drop { $0 != .replacing }.prefix { $0 != .replaced })
        #expect(
            replacement == [
                .replacing, .started(slot: 0, id: id[2]), .retired(slot: 0, id: id[0], ended),
                .started(slot: 1, id: id[3]), .retired(slot: 1, id: id[1], ended),
            ])
    }

    @Test func `the old workers stay if a new one dies at once`() async throws {
        // The first worker creates a directory. A worker that finds it exits, however long that takes.
        let harness = try Harness(
            workers: 1, script: "mkdir $OUT.first 2> /dev/null || exit 9; \(Harness.ready)", trial: Harness.never)
        let pool = harness.start()
        await harness.until { $0.output.contains("ready") }
        harness.send(.hangUp)
        await harness.until { $0.events.count > 2 }
        #expect(harness.events.last == .replacementFailed(reason: "a new worker died at once with exit status 9"))
        #expect(try Process(id: harness.started[0]).ending() == nil)
        harness.send(.terminate)
        await pool.value
        try FileSystem.removeDirectory(harness.outputPath + ".first")
    }

    @Test func `the pool is ready once all workers have outlived their trial, and says so once`() async throws {
        // The first worker creates a directory and ends. Those that find it stay.
        let script = "mkdir $OUT.first 2> /dev/null && exit 3; \(Harness.idle)"
        let harness = try Harness(workers: 2, script: script, trial: .milliseconds(100))
        let pool = harness.start()
        await harness.until { $0.events.contains(.ready(workers: 2)) }
        let before = harness.events.prefix { $0 != .ready(workers: 2) }
        #expect(before.count { if case .started = $0 { true } else { false } } == 3)
        #expect(harness.delays.count == 1)
        try Process(id: harness.started[2]).send(.kill)
        await harness.until { $0.started.count == 4 }
        try await Task.sleep(for: .milliseconds(200))
        harness.send(.terminate)
        await pool.value
        #expect(harness.events.count { $0 == .ready(workers: 2) } == 1)
        try FileSystem.removeDirectory(harness.outputPath + ".first")
    }

    @Test func `the pool is not ready while a worker cannot live`() async throws {
        let script = "mkdir $OUT.first 2> /dev/null || exit 3; \(Harness.idle)"
        // On a busy machine, the shell may take seconds to exit.
        let harness = try Harness(workers: 2, script: script, trial: .seconds(5))
        let pool = harness.start()
        // After six seconds, as the delays before are 0, 100, 200, 400, 800, 1,600 and 3,200 ms.
        await harness.until { $0.delays.count >= 8 }
        harness.send(.terminate)
        await pool.value
        #expect(!harness.events.contains(.ready(workers: 2)))
        try FileSystem.removeDirectory(harness.outputPath + ".first")
    }

    @Test func `the pool gives signs of life, also while it stops`() async throws {
        let script = "trap 'until [ -e $OUT.end ]; do sleep 0.02; done; exit 0' TERM; \(Harness.ready)"
        let harness = try Harness(workers: 1, script: script, heartbeat: .milliseconds(20))
        let pool = harness.start()
        await harness.until { $0.output.contains("ready") && $0.heartbeats > 5 }
        harness.send(.terminate)
        await harness.until { $0.events.contains(.draining(workers: 1)) }
        let before = harness.heartbeats
        await harness.until { $0.heartbeats > before + 5 }
        _ = try FileSystem.create(harness.outputPath + ".end")
        await pool.value
        try FileSystem.unlink(harness.outputPath + ".end")
    }

    @Test func `a program that cannot be started is tried again, with a delay`() async throws {
        let harness = try Harness(workers: 1, program: "/nonexistent")
        let pool = harness.start()
        await harness.until { $0.events.count > 1 }
        harness.send(.terminate)
        await pool.value
        let error = SystemError(.posix_spawn, ErrorNumber.noSuchFile)
        #expect(
            harness.events.prefix(2).map(\.description) == [
                "worker 1 could not be started: \(error); next try in 0 ms",
                "worker 1 could not be started: \(error); next try in 100 ms",
            ])
    }

    @Test func `a worker gets the socket as descriptor 0, the number of the pool, and nothing else`() async throws {
        let environment = workerEnvironment([
            "A": "b", "LISTEN_FDS": "1", "LISTEN_PID": "1", "COFFER_OWNER_DATABASE_URL": "x",
            "NOTIFY_SOCKET": "/x", "WATCHDOG_PID": "1", "WATCHDOG_USEC": "1",
        ])
        #expect(environment == ["A": "b", "COFFER_POOL_PID": String(Process.current.id)])
        let harness = try Harness(
            workers: 1, script: "(readlink /proc/self/fd/0; ls /proc/$$/fd) >> $OUT; exec 3<&-; \(Harness.ready)")
        let pool = harness.start()
        await harness.until { $0.output.contains("ready") }
        harness.send(.terminate)
        await pool.value
        #expect(harness.output.hasPrefix("socket:["))
        #expect(harness.output.split(separator: "\n").dropFirst().prefix { $0 != "ready" }.allSatisfy { $0 <= "2" })
    }

    @Test func `a worker inherits the memory of the counters, and its death is counted`() async throws {
        let script = "readlink /proc/self/fd/3 >> $OUT; echo layout $COFFER_POOL_COUNTERS >> $OUT; exit 3"
        let harness = try Harness(workers: 1, script: script, counts: true)
        let pool = harness.start()
        await harness.until { $0.delays.count >= 3 }
        harness.send(.terminate)
        await pool.value
        #expect(harness.output.hasPrefix("/memfd:counters"))
        #expect(harness.output.contains("layout 1"))
        #expect(harness.restarts >= 3 && harness.restarts == harness.delays.count)
    }
}

/// A pool on its own thread, with the signals sent to it and its events.
private final class Harness: Sendable {
    /// Waits as long as this process lives and lets signals through. A worker that ended by itself would be replaced.
    static let idle = "while kill -0 $COFFER_POOL_PID 2> /dev/null; do sleep 0.05; done"
    /// Reports that the traps are set, then waits.
    static let ready = "echo ready >> $OUT; \(idle)"
    /// Longer than any test may take.
    static let never = Duration.seconds(3600)

    private struct Inbox: PoolSignals {
        let harness: Harness

        func next(within limit: Duration) throws(SystemError) -> Signal? {
            if let signal = harness.takeSignal() { return signal }
            Clock.sleep(min(limit, .milliseconds(3)))
            return nil
        }
    }

    private let directory: TemporaryDirectory
    private let inbox = Mutex<[Signal]>([])
    private let log = Mutex<[PoolEvent]>([])
    private let beats = Mutex(0)
    private let heartbeat: Duration?
    private let options: Mutex<Pool.Options>
    private let counts: Bool
    private let counted = Mutex<Int>(0)
    let socketPath: String
    let outputPath: String

    init(
        workers: Int, script: String = "", program: String = "/bin/sh", trial: Duration = .milliseconds(300),
        drainLimit: Duration = never, heartbeat: Duration? = nil, counts: Bool = false
    ) throws {
        self.heartbeat = heartbeat
        self.counts = counts
        directory = try TemporaryDirectory()
        socketPath = directory.path + "/socket"
        outputPath = directory.path + "/out"
        let environment = workerEnvironment(["PATH": "/usr/bin:/bin", "OUT": outputPath])
        options = Mutex(
            Pool.Options(
                workers: workers, program: program, arguments: ["-c", script], environment: environment, trial: trial,
                drainLimit: drainLimit))
    }

    var heartbeats: Int { beats.withLock { $0 } }

    var events: [PoolEvent] { log.withLock { $0 } }

    /// How long was waited before each new start of a worker that had died with status 3.
    var delays: [Duration] {
        events.compactMap { if case .died(_, _, .exited(status: 3), let delay) = $0 { delay } else { nil } }
    }

    /// Process numbers of the workers, in the order of their start.
    var started: [Int32] {
        events.compactMap { if case .started(_, let id) = $0 { id } else { nil } }
    }

    /// What the pool has counted until its end.
    var restarts: Int { counted.withLock { $0 } }

    var output: String {
        (try? FileSystem.contents(of: outputPath)).map { String(decoding: $0, as: UTF8.self) } ?? ""
    }

    func send(_ signal: Signal) { inbox.withLock { $0.append(signal) } }

    func takeSignal() -> Signal? { inbox.withLock { $0.isEmpty ? nil : $0.removeFirst() } }

    /// The pool blocks its thread, so it must not run on one of the few threads that all tasks share.
    func start() -> Task<Void, Never> {
        let ended = AsyncStream<Void>.makeStream()
        DispatchQueue(label: "pool").async { [self] in
            run()
            ended.continuation.finish()
        }
        return Task { for await _ in ended.stream {} }
    }

    private func run() {
        do {
            let socket = try PoolSocket(path: socketPath, mode: 0o600, group: nil)
            let heartbeat = heartbeat.map { interval in
                Pool.Heartbeat(interval: interval) { self.beats.withLock { $0 += 1 } }
            }
            let memory = counts ? try PoolMemory() : nil
            let pool = Pool(
                options.withLock { $0 }, socket: socket, signals: Inbox(harness: self), heartbeat: heartbeat,
                memory: memory
            ) { event in
                self.log.withLock { $0.append(event) }
            }
            try pool.run()
            if let memory { counted.withLock { $0 = Int(memory.counters.restarts) } }
        } catch {
            Issue.record(error)
        }
    }

    /// Waits for a condition. The limit of five minutes only ends a hang.
    func until(_ condition: @Sendable (Harness) -> Bool) async {
        let deadline = ContinuousClock.now + .seconds(300)
        while ContinuousClock.now < deadline {
            if condition(self) { return }
            try? await Task.sleep(for: .milliseconds(5))
        }
        #expect(condition(self), "it did not happen; events: \(events)")
    }
}
