import Testing

@testable import CofferCommand

@Suite struct BackOffTests {
    @Test func `there is no delay after the first early death, and then it doubles up to ten seconds`() {
        var backOff = BackOff()
        let delays = (0..<11).map { _ in backOff.delay(afterLifeOf: .milliseconds(1)) }
        #expect(
            delays
                == [0, 100, 200, 400, 800, 1600, 3200, 6400, 10_000, 10_000, 10_000].map { Duration.milliseconds($0) })
    }

    @Test func `a worker that lived for five seconds resets the delay`() {
        var backOff = BackOff()
        for _ in 0..<5 { _ = backOff.delay(afterLifeOf: .zero) }
        #expect(backOff.delay(afterLifeOf: .seconds(5)) == .zero)
        #expect(backOff.delay(afterLifeOf: .milliseconds(4999)) == .milliseconds(100))
    }
}
