// Comparisons as sets of outcomes: `<=` is less or equal.

/// The possible outcomes of comparing a row's value with a filter's value.
struct ComparisonOutcomes: OptionSet, Hashable {
    let rawValue: UInt8

    static let less = ComparisonOutcomes(rawValue: 1)
    static let equal = ComparisonOutcomes(rawValue: 2)
    static let greater = ComparisonOutcomes(rawValue: 4)
    static let all: ComparisonOutcomes = [.less, .equal, .greater]
    static let others: ComparisonOutcomes = [.less, .greater]
}

extension Filter.Operator {
    /// nil for patterns.
    var outcomes: ComparisonOutcomes? {
        switch self {
        case .equal: .equal
        case .notEqual, .isDistinct: .others
        case .greater: .greater
        case .greaterOrEqual: [.equal, .greater]
        case .less: .less
        case .lessOrEqual: [.less, .equal]
        case .like, .ilike, .match, .imatch: nil
        }
    }
}
