// What the processes of a pool count together: requests, their time, workers and restarts. `coffer serve` makes the
// memory, and its workers inherit it. No answer depends on it: where there is no pool, or where the memory cannot be
// had, nothing is counted.

public import CofferCore
public import POSIX

/// The counters of a pool.
///
/// The layout does not depend on the list of routes, as a new version's workers replace the old ones while the pool's
/// process stays: an entry belongs to the route whose key it has, and the first worker that needs one takes it.
public final class PoolCounters {
    /// The descriptor that workers inherit.
    public static let descriptor: Int32 = 3
    /// The environment variable of workers that have inherited it. Its value is the layout.
    public static let variable = "COFFER_POOL_COUNTERS"
    /// Changes with the layout. Workers of another version do not count.
    public static let layout = "1"

    private static let workersPlace = 0
    private static let restartsPlace = 1
    private static let firstEntry = 8
    /// Many more than there are routes.
    private static let entries = 127
    /// 1xx to 5xx.
    private static let classes = 5
    /// The key, then the number and the microseconds of the requests for each class.
    private static let entrySize = 1 + 2 * classes
    static let count = firstEntry + entries * entrySize

    private let numbers: SharedCounters
    /// Where the entry of each route is, by its position in the list of routes. The last one is for no route.
    private var places: [Int?]

    /// - Throws: `SystemError` if the file is not one of counters.
    public init(_ file: borrowing FileDescriptor) throws(SystemError) {
        numbers = try SharedCounters(file, count: Self.count)
        places = Array(repeating: nil, count: Route.allCases.count + 1)
    }

    /// Makes the memory of a pool, which is empty.
    public static func makeFile() throws(SystemError) -> FileDescriptor { try SharedCounters.makeFile(count: count) }

    /// The counters that this process has inherited. nil if it is no worker of a pool, or of one with another layout.
    public static func inherited() -> PoolCounters? {
        guard Environment.value(variable) == layout else { return nil }
        // Closed at the end of this function. The memory stays.
        let file = FileDescriptor(owning: descriptor)
        return try? PoolCounters(file)
    }

    /// The number of running workers.
    public var workers: UInt64 {
        get { numbers[Self.workersPlace] }
        set { numbers[Self.workersPlace] = newValue }
    }

    /// How many workers ended unexpectedly, and were or will be started again.
    public var restarts: UInt64 { numbers[Self.restartsPlace] }

    public func countRestart() { numbers.add(1, to: Self.restartsPlace) }

    /// Counts a request.
    ///
    /// - Parameter route: nil for a request to no route.
    public func count(_ route: Route?, status: Int, microseconds: Int64) {
        guard (100..<600).contains(status), let place = place(of: route) else { return }
        let index = place + 1 + 2 * (status / 100 - 1)
        numbers.add(1, to: index)
        numbers.add(UInt64(max(0, microseconds)), to: index + 1)
    }

    /// The requests to a route whose statuses are of one class.
    public struct Requests: Equatable, Sendable {
        /// nil for requests to no route.
        public let route: Route?
        /// The first digit of the status.
        public let statusClass: Int
        public let count: UInt64
        public let microseconds: UInt64
    }

    /// Everything that was counted, in the order of the routes.
    public var requests: [Requests] {
        (Route.allCases.map { Optional($0) } + [nil]).flatMap { route -> [Requests] in
            guard let place = place(of: route) else { return [] }
            return (1...Self.classes).compactMap { statusClass in
                let index = place + 1 + 2 * (statusClass - 1)
                let count = numbers[index]
                if count == 0 { return nil }
                return Requests(
                    route: route, statusClass: statusClass, count: count, microseconds: numbers[index + 1])
            }
        }
    }

    /// Where the entry of a route begins. nil if all entries are taken.
    private func place(of route: Route?) -> Int? {
        let position = route?.rawValue ?? Route.allCases.count
        if let place = places[position] { return place }
        let key = Self.key(route)
        for step in 0..<Self.entries {
            let entry = (Int(truncatingIfNeeded: key >> 1) + step) % Self.entries
            let place = Self.firstEntry + entry * Self.entrySize
            if numbers.claim(place, for: key) == key {
                places[position] = place
                return place
            }
        }
        return nil
    }

    /// A number that stands for a route in all versions: FNV-1a of its path. Never 0.
    static func key(_ route: Route?) -> UInt64 {
        let hash = (route?.path ?? "").utf8.reduce(0xcbf2_9ce4_8422_2325 as UInt64) {
            ($0 ^ UInt64($1)) &* 0x100_0000_01b3
        }
        return max(1, hash)
    }
}
