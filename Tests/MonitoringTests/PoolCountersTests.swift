import CofferCore
import POSIX
import Testing

@testable import Monitoring

@Suite struct PoolCountersTests {
    private typealias Requests = PoolCounters.Requests

    /// The counters of two processes that share the memory.
    private func pair() throws -> (PoolCounters, PoolCounters) {
        let file = try PoolCounters.makeFile()
        return (try PoolCounters(file), try PoolCounters(file))
    }

    @Test func `what one process counts, the others see`() throws {
        let (one, other) = try pair()
        #expect(other.requests.isEmpty)
        one.count(.files, status: 200, microseconds: 1500)
        other.count(.files, status: 206, microseconds: 500)
        one.count(.files, status: 404, microseconds: 7)
        one.count(nil, status: 404, microseconds: 3)
        one.count(.metrics, status: 503, microseconds: 0)
        let expected = [
            Requests(route: .files, statusClass: 2, count: 2, microseconds: 2000),
            Requests(route: .files, statusClass: 4, count: 1, microseconds: 7),
            Requests(route: .metrics, statusClass: 5, count: 1, microseconds: 0),
            Requests(route: nil, statusClass: 4, count: 1, microseconds: 3),
        ]
        #expect(one.requests == expected)
        #expect(other.requests == expected)
        other.workers = 4
        other.countRestart()
        other.countRestart()
        #expect((one.workers, one.restarts) == (4, 2))
    }

    @Test func `all routes have entries of their own`() throws {
        let (one, other) = try pair()
        let routes = Route.allCases.map { Optional($0) } + [nil]
        for (position, route) in routes.enumerated() {
            one.count(route, status: 200, microseconds: Int64(position))
        }
        #expect(
            other.requests
                == routes.enumerated().map {
                    Requests(route: $1, statusClass: 2, count: 1, microseconds: UInt64($0))
                })
    }

    @Test func `an entry belongs to its route, wherever another version has put it`() throws {
        let file = try PoolCounters.makeFile()
        let numbers = try SharedCounters(file, count: PoolCounters.count)
        // A worker of another version has taken nearly all places for routes that we do not know.
        for entry in 0..<120 { numbers[8 + entry * 11] = UInt64(1_000_000 + entry) }
        let counters = try PoolCounters(file)
        counters.count(.login, status: 200, microseconds: 1)
        #expect(counters.requests == [Requests(route: .login, statusClass: 2, count: 1, microseconds: 1)])
        #expect(try PoolCounters(file).requests == counters.requests)
    }

    @Test func `without a free entry, nothing is counted and nothing breaks`() throws {
        let file = try PoolCounters.makeFile()
        let numbers = try SharedCounters(file, count: PoolCounters.count)
        for entry in 0..<127 { numbers[8 + entry * 11] = UInt64(1_000_000 + entry) }
        let counters = try PoolCounters(file)
        counters.count(.login, status: 200, microseconds: 1)
        #expect(counters.requests.isEmpty)
    }

    @Test(arguments: [0, 99, 600, -1, Int.max])
    func `a status that is none is not counted`(status: Int) throws {
        let (one, _) = try pair()
        one.count(.files, status: status, microseconds: 1)
        #expect(one.requests.isEmpty)
    }

    @Test func `many threads lose no count`() throws {
        let file = try PoolCounters.makeFile()
        // Each has a mapping of its own, as processes do.
        let each = try (0..<4).map { _ in UncheckedCounters(counters: try PoolCounters(file)) }
        Threads.run(4) { number in
            for _ in 0..<1_000_000 { each[number].counters.count(.live, status: 200, microseconds: 2) }
        }
        #expect(
            each[0].counters.requests
                == [Requests(route: .live, statusClass: 2, count: 4_000_000, microseconds: 8_000_000)])
    }

    @Test func `keys of routes differ, and are the same in every version`() {
        let keys = Route.allCases.map { PoolCounters.key($0) } + [PoolCounters.key(nil)]
        #expect(Set(keys).count == keys.count && !keys.contains(0))
        // FNV-1a of "/metrics", by another program.
        #expect(PoolCounters.key(.metrics) == 0xbd40_c104_b032_f5eb)
    }

    @Test func `a file of another size is refused`() throws {
        let file = try SharedCounters.makeFile(count: 10)
        #expect(throws: SystemError.self) { _ = try PoolCounters(file) }
    }
}

/// One thread uses it.
private struct UncheckedCounters: @unchecked Sendable {
    let counters: PoolCounters
}
