import Foundation
import Synchronization
import POSIX
import Testing

@Suite
struct SignalsTests {
    @Test("a blocked signal is pending until it is waited for, and a wait ends at its timeout")
    func pending() {
        let seen = Mutex<[Bool]>([])
        let ended = DispatchSemaphore(value: 0)
        // The signal mask belongs to the thread, so the test needs a thread that no other test uses.
        Thread.detachNewThread {
            let signals: Set<Signal> = [.user1, .hangUp]
            try? Signals.block(signals)
            let before = Signals.isPending(anyOf: signals)
            raise(SIGUSR1)
            let after = Signals.isPending(.user1)
            let other = Signals.isPending(.hangUp)
            let first = try? Signals.wait(for: signals, timeout: .seconds(300))
            let start = ContinuousClock.now
            let second = try? Signals.wait(for: signals, timeout: .milliseconds(50))
            let waited = start.duration(to: .now)
            seen.withLock {
                $0 = [before, after, other, first == .user1, second == .some(nil)]
                $0 += [waited > .milliseconds(45)]
            }
            ended.signal()
        }
        ended.wait()
        #expect(seen.withLock { $0 } == [false, true, false, true, true, true])
    }
}
