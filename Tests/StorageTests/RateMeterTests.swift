import Testing

@testable import Storage

struct RateMeterTests {
    @Test func `the rate of bytes is steady`() {
        var meter = RateMeter(rate: 1000)
        #expect(meter.delay(for: 500, now: 0) == 500_000_000)
        #expect(meter.delay(for: 500, now: 500_000_000) == 500_000_000)
        #expect(meter.delay(for: 1000, now: 600_000_000) == 1_400_000_000)
    }

    @Test func `a pause does not allow a higher rate afterwards`() {
        var meter = RateMeter(rate: 1000)
        _ = meter.delay(for: 1000, now: 0)
        #expect(meter.delay(for: 1000, now: 60_000_000_000) == 1_000_000_000)
    }

    @Test func `the pieces are small if the rate is low`() {
        #expect(RateLimit(nil).chunk == 1 << 20)
        #expect(RateLimit(400_000).chunk == 100_000)
        #expect(RateLimit(1).chunk == 4096)
    }
}
