import Testing

@testable import BlobStore

struct RetryScheduleTests {
    @Test func `pauses double and vary, up to five seconds`() {
        let begin = ContinuousClock.now
        var schedule = RetrySchedule(retryLimit: .seconds(60), begin: begin)
        let pauses = (0..<8).map { _ in schedule.next(now: begin, chance: 1) }
        #expect(pauses == [100, 200, 400, 800, 1600, 3200, 5000, 5000].map { .milliseconds($0) })
        var least = RetrySchedule(retryLimit: .seconds(60), begin: begin)
        #expect(least.next(now: begin, chance: 0) == .milliseconds(50))
    }

    @Test func `no attempt begins after the limit, whatever pause the server asks for`() {
        let begin = ContinuousClock.now
        var schedule = RetrySchedule(retryLimit: .seconds(3), begin: begin)
        #expect(schedule.next(asked: .seconds(2), now: begin) == .seconds(2))
        #expect(schedule.next(asked: .seconds(4), now: begin) == nil)
        #expect(schedule.next(now: begin + .seconds(3)) == nil)
    }
}
