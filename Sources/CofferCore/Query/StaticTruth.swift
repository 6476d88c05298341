// Finds conditions that hold for every possible row: `like.*`, `or=(id.is.null,id.not.is.null)`, or `not.in.()`, which
// a program makes of an empty list. A PATCH or DELETE with such a condition would change all rows, so it is refused
// like one without a filter.

/// The value of a condition, as far as static analysis finds it without reading rows.
enum StaticTruth: Equatable, Sendable {
    case always, never, depends

    static prefix func ! (truth: StaticTruth) -> StaticTruth {
        switch truth {
        case .always: .never
        case .never: .always
        case .depends: .depends
        }
    }

    /// SQL's `and` over several.
    static func all(_ members: [StaticTruth]) -> StaticTruth {
        members.contains(.never) ? .never : members.allSatisfy { $0 == .always } ? .always : .depends
    }

    /// SQL's `or` over several.
    static func any(_ members: [StaticTruth]) -> StaticTruth { !all(members.map { !$0 }) }
}

extension Condition {
    /// SQL's null counts as false, so a comparison is never `always` true for a row without a value.
    var staticTruth: StaticTruth {
        switch self {
        case .filter(let filter): return filter.staticTruth
        case .group(let connective, let isNegated, let members):
            let isOr = (connective == .or) != isNegated
            let members = members.flatMap { $0.flattened(isOr ? .or : .and, isNegated: isNegated) }
            let truths = members.map { $0.staticTruth }
            let filters = members.compactMap { if case .filter(let filter) = $0 { filter } else { nil } }
            // For `and`: no row fulfils all members if their negations are exhaustive.
            if areExhaustive(filters.map { isOr ? $0 : $0.negated }) { return isOr ? .always : .never }
            return isOr ? .any(truths) : .all(truths)
        }
    }

    /// The members of nested groups with the same connective. Negations are carried down to the filters by De Morgan's
    /// laws.
    private func flattened(_ connective: Connective, isNegated: Bool) -> [Condition] {
        switch self {
        case .filter(let filter):
            return [.filter(isNegated ? filter.negated : filter)]
        case .group(let own, let isOwnNegated, let members):
            if let only = members.first, members.allSatisfy({ $0 == only }) {
                return only.flattened(connective, isNegated: isNegated != isOwnNegated)
            }
            let isNegated = isNegated != isOwnNegated
            let effective: Connective = (own == .or) != isNegated ? .or : .and
            if effective == connective { return members.flatMap { $0.flattened(connective, isNegated: isNegated) } }
            return [.group(own, isNegated: isNegated, members)]
        }
    }
}

extension Filter {
    fileprivate var staticTruth: StaticTruth {
        if areExhaustive([self]) { return .always }
        let truth = truthOfValues
        guard column.isNullable, truth != .depends else { return truth }
        return (truth == .always) == acceptsNull ? truth : .depends
    }

    /// The truth for rows that have a value in the column.
    var truthOfValues: StaticTruth { isNegated ? !plainTruth : plainTruth }

    private var plainTruth: StaticTruth {
        switch test {
        case .state(.null): .never
        case .state(.notNull): .always
        case .state: .depends
        case .list(let values): .any(truths(of: .equal, values))
        case .value(let comparison, let value): truths(of: comparison, [value])[0]
        case .values(let comparison, .all, let values): .all(truths(of: comparison, values))
        case .values(let comparison, .any, let values): .any(truths(of: comparison, values))
        }
    }

    /// Whether the filter holds for a row without a value in the column.
    var acceptsNull: Bool {
        switch test {
        case .state(.null), .value(.isDistinct, _): !isNegated
        case .state(.notNull): isNegated
        case .list(let values): values.isEmpty && isNegated
        case .values(_, let quantifier, let values): values.isEmpty && (quantifier == .all) != isNegated
        case .state, .value: false
        }
    }

    private func truths(of comparison: Operator, _ values: [String]) -> [StaticTruth] {
        values.map { comparison.staticTruth(against: column.kind.canonical($0), column.kind) }
    }

    fileprivate var negated: Filter { Filter(column, isNegated: !isNegated, test) }
}

extension Filter.Operator {
    /// The truth for rows that have a value in the column.
    fileprivate func staticTruth(against value: String, _ kind: Column.Kind) -> StaticTruth {
        switch self {
        case .like, .ilike: return value.isEmpty ? .never : isWildcard(value) ? .always : .depends
        case .match, .imatch:
            let analysis = RegexAnalysis(value)
            return analysis.matchesEveryText ? .always : analysis.matchesNoText ? .never : .depends
        default: break
        }
        guard let outcomes else { return .depends }
        let possible = kind.outcomes(of: value)
        return outcomes.isSuperset(of: possible) ? .always : outcomes.isDisjoint(with: possible) ? .never : .depends
    }

    /// Whether a pattern of wildcards matches every text of at least one character.
    private func isWildcard(_ pattern: String) -> Bool {
        let bytes = pattern.utf8
        return bytes.contains { $0 == UInt8(ascii: "*") || $0 == UInt8(ascii: "%") }
            && bytes.count { $0 == UInt8(ascii: "_") } <= 1
            && bytes.allSatisfy { "*%_".utf8.contains($0) }
    }
}

extension Column.Kind {
    /// The possible outcomes of comparing a column's values with this one. The columns have no empty texts and no
    /// negative numbers.
    fileprivate func outcomes(of value: String) -> ComparisonOutcomes {
        switch self {
        case .text where value.isEmpty: return .greater
        case .integer:
            guard let number = Int64(value) else { return .all }
            return number < 0 ? .greater : number == 0 ? [.equal, .greater] : number == .max ? [.less, .equal] : .all
        case .uuid:
            let digits = Set(value.utf8).subtracting("-".utf8)
            return digits == Set("0".utf8) ? [.equal, .greater] : digits == Set("f".utf8) ? [.less, .equal] : .all
        // A date is a bound that the client chose, however far away it is.
        default: return .all
        }
    }
}
