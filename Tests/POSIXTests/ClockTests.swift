import POSIX
import Testing

struct ClockTests {
    @Test func `the monotonic clock measures a sleep`() {
        let start = Clock.monotonicNanoseconds()
        Clock.sleep(.milliseconds(20))
        #expect(Clock.monotonicNanoseconds() - start >= 20_000_000)
    }

    @Test func `the time of day is in this century`() {
        #expect((1_700_000_000..<4_100_000_000).contains(Clock.realtimeSeconds()))
    }
}
