// Conditions that hold for every row by their form alone, whatever is stored: `not.in.()`, what a program makes of an
// empty list of what to keep; `like.*`; `or=(id.is.null,id.not.is.null)`. A change with such a condition changes
// everything, so it is refused like one without any.

/// What is known of a condition before any row is looked at.
enum FormalTruth: Equatable, Sendable {
    case always, never, depends

    static prefix func ! (truth: FormalTruth) -> FormalTruth {
        switch truth {
        case .always: .never
        case .never: .always
        case .depends: .depends
        }
    }

    /// SQL's `and` over several.
    static func all(_ members: [FormalTruth]) -> FormalTruth {
        members.contains(.never) ? .never : members.allSatisfy { $0 == .always } ? .always : .depends
    }

    /// SQL's `or` over several.
    static func any(_ members: [FormalTruth]) -> FormalTruth { !all(members.map { !$0 }) }
}

extension Condition {
    /// Of SQL's three truths null counts as false here, so that nothing is `always` true of a row without a value.
    var formalTruth: FormalTruth {
        switch self {
        case .filter(let filter): return filter.formalTruth
        case .group(let connective, let isNegated, let members):
            let isOr = (connective == .or) != isNegated
            let members = members.flatMap { $0.flattened(isOr ? .or : .and, isNegated: isNegated) }
            let truths = members.map { $0.formalTruth }
            let filters = members.compactMap { if case .filter(let filter) = $0 { filter } else { nil } }
            // What no row matches together is what each row fails in one part.
            if filters.map({ isOr ? $0 : $0.negated }).coverEveryValue { return isOr ? .always : .never }
            return isOr ? .any(truths) : .all(truths)
        }
    }

    /// The members of groups of one connective within each other, with the negation carried down to the filters (De
    /// Morgan's laws).
    private func flattened(_ connective: Connective, isNegated: Bool) -> [Condition] {
        switch self {
        case .filter(let filter):
            return [.filter(isNegated ? filter.negated : filter)]
        case .group(let own, let isOwnNegated, let members):
            let isNegated = isNegated != isOwnNegated
            let effective: Connective = (own == .or) != isNegated ? .or : .and
            if effective == connective { return members.flatMap { $0.flattened(connective, isNegated: isNegated) } }
            return [.group(own, isNegated: isNegated, members)]
        }
    }
}

extension Filter {
    fileprivate var formalTruth: FormalTruth { isNegated ? !plainTruth : plainTruth }

    private var plainTruth: FormalTruth {
        switch test {
        // These hold, or do not, for null as well.
        case .list(let values) where values.isEmpty: return .never
        case .values(_, let quantifier, let values) where values.isEmpty: return quantifier == .all ? .always : .never
        case _ where column.isNullable: return .depends
        case .state(.null): return .never
        case .state(.notNull): return .always
        case .state, .list: return .depends
        case .value(let comparison, let value): return comparison.formalTruth(against: value, column.kind)
        case .values(let comparison, let quantifier, let values):
            let truths = values.map { comparison.formalTruth(against: $0, column.kind) }
            return quantifier == .all ? .all(truths) : .any(truths)
        }
    }

    fileprivate var negated: Filter { Filter(column, isNegated: !isNegated, test) }

    /// What a comparison with one value takes: less, equal, greater. nil for other tests.
    fileprivate var sides: (value: String, sides: Sides)? {
        guard case .value(let comparison, let value) = test, let sides = comparison.sides else { return nil }
        return (value, isNegated ? Sides.all.subtracting(sides) : sides)
    }
}

/// Where a value stands beside the one it is compared with.
private struct Sides: OptionSet, Hashable {
    let rawValue: UInt8

    static let less = Sides(rawValue: 1)
    static let equal = Sides(rawValue: 2)
    static let greater = Sides(rawValue: 4)
    static let all: Sides = [.less, .equal, .greater]
    static let others: Sides = [.less, .greater]
}

extension [Filter] {
    /// Whether every value of some column matches one of these filters.
    fileprivate var coverEveryValue: Bool {
        enumerated().contains { index, filter in
            guard !filter.column.isNullable else { return false }
            let others = self[index...].filter { $0.column == filter.column }
            guard let (value, sides) = filter.sides else { return others.contains(filter.negated) }
            let compared = others.compactMap { $0.sides }
            let taken = compared.filter { $0.value == value }.reduce(into: sides) { $0.formUnion($1.sides) }
            // Different from one value, or from another one.
            return taken == .all || sides == .others && compared.contains { $0.value != value && $0.sides == .others }
        }
    }
}

extension Filter.Operator {
    /// nil for patterns.
    fileprivate var sides: Sides? {
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

    /// For a column that has a value in every row.
    fileprivate func formalTruth(against value: String, _ kind: Column.Kind) -> FormalTruth {
        guard let sides else {
            let matchesAll =
                self == .like || self == .ilike
                ? isWildcard(value) : RegexForm(value).matchesEveryText
            return matchesAll ? .always : .depends
        }
        let possible = kind.sides(of: value)
        return sides.isSuperset(of: possible) ? .always : sides.isDisjoint(with: possible) ? .never : .depends
    }

    /// A pattern of wildcards alone: any text of at least one character matches.
    private func isWildcard(_ pattern: String) -> Bool {
        let bytes = pattern.utf8
        return bytes.contains { $0 == UInt8(ascii: "*") || $0 == UInt8(ascii: "%") }
            && bytes.count { $0 == UInt8(ascii: "_") } <= 1
            && bytes.allSatisfy { "*%_".utf8.contains($0) }
    }
}

extension Column.Kind {
    /// Where the values of a column can stand beside this one: no text in a column without nulls is empty, and no number
    /// is negative.
    fileprivate func sides(of value: String) -> Sides {
        switch self {
        case .text where value.isEmpty: return .greater
        case .integer:
            guard let number = Int64(value) else { return .all }
            return number < 0 ? .greater : number == 0 ? [.equal, .greater] : number == .max ? [.less, .equal] : .all
        case .uuid:
            let digits = Set(value.lowercased().utf8).subtracting("-".utf8)
            return digits == Set("0".utf8) ? [.equal, .greater] : digits == Set("f".utf8) ? [.less, .equal] : .all
        default: return .all
        }
    }
}
