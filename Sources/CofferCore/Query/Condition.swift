// The filters of a query, as a tree of `and` and `or`.

/// A filter, or several joined by `and` or `or`.
indirect enum Condition: Equatable, Sendable {
    case filter(Filter)
    case group(Connective, isNegated: Bool, [Condition])

    enum Connective: String, Sendable, CaseIterable { case and, or }

    var isSearch: Bool {
        switch self {
        case .filter(let filter): filter.isSearch
        case .group(_, _, let members): members.contains { $0.isSearch }
        }
    }

    /// The number of filters.
    var size: Int {
        switch self {
        case .filter: 1
        case .group(_, _, let members): members.reduce(0) { $0 + $1.size }
        }
    }
}
