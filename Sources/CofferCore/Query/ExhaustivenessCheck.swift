// Filters of which one holds for any value of a column: `lt.5` or `gte.5`, `neq.a` or `neq.b`, `is.null` or `not.is.null`.

/// Whether the filters, joined by `or`, hold for every row by what they say of some column.
func areExhaustive(_ filters: [Filter]) -> Bool {
    filters.indices.contains { index in
        let column = filters[index].column
        // Each column once, at its first filter.
        guard !filters[..<index].contains(where: { $0.column == column }) else { return false }
        return ExhaustivenessCheck(filters.filter { $0.column == column }, column).isComplete
    }
}

extension Column.Kind {
    /// One spelling of each value, as far as the type says which are the same.
    func canonical(_ value: String) -> String {
        switch self {
        case .integer: Int64(value.filter { $0 != " " }).map { String($0) } ?? value
        case .uuid: value.lowercased()
        case .text, .timestamp, .boolean: value
        }
    }
}

/// What the filters of one column take together.
private struct ExhaustivenessCheck {
    private let column: Column
    private var acceptsNull = false
    private var acceptsAll = false
    /// Values that are taken.
    private var included: Set<String> = []
    /// Each accepts all values but these.
    private var exclusions: [Set<String>] = []
    /// Ends of what is taken from there on, and up to there; whether the end itself is.
    private var lower: [(value: String, isIncluded: Bool)] = []
    private var upper: [(value: String, isIncluded: Bool)] = []

    init(_ filters: [Filter], _ column: Column) {
        self.column = column
        // No number is negative.
        if column.kind == .integer { upper.append(("-1", true)) }
        for filter in filters {
            if filter.acceptsNull { acceptsNull = true }
            let opposite = Filter(column, isNegated: !filter.isNegated, filter.test)
            if filter.truthOfValues == .always || filters.contains(opposite) { acceptsAll = true }
            add(filter)
        }
    }

    private mutating func add(_ filter: Filter) {
        switch filter.test {
        case .state: break
        case .list(let values): add(values, .equal, isNegated: filter.isNegated)
        case .value(let comparison, let value): add([value], comparison, isNegated: filter.isNegated)
        case .values(_, _, let values) where values.isEmpty: break
        case .values(let comparison, let quantifier, let values):
            // Of one value, or where one of several is enough, each stands for itself.
            let isAny = (quantifier == .any) != filter.isNegated
            if values.count == 1 || isAny || comparison == .equal && quantifier == .any {
                add(values, comparison, isNegated: filter.isNegated)
            }
        }
    }

    /// - Parameter isNegated: for `equal`, not one of the values; else each negated by itself.
    private mutating func add(_ values: [String], _ comparison: Filter.Operator, isNegated: Bool) {
        guard let plain = comparison.outcomes else { return }
        let values = values.map(column.kind.canonical)
        let outcomes = isNegated ? ComparisonOutcomes.all.subtracting(plain) : plain
        switch outcomes {
        case .equal: included.formUnion(values)
        case .others where comparison == .equal: exclusions.append(Set(values))
        case .others: exclusions += values.map { [$0] }
        case _ where outcomes.contains(.greater): lower += values.map { end($0, outcomes, next: 1) }
        default: upper += values.map { end($0, outcomes, next: -1) }
        }
    }

    /// An end that is not taken is, of whole numbers, the one beside it that is.
    private func end(_ value: String, _ outcomes: ComparisonOutcomes, next: Int64) -> (value: String, isIncluded: Bool) {
        guard !outcomes.contains(.equal), column.kind == .integer, let number = Int64(value),
            case let (neighbour, overflow) = number.addingReportingOverflow(next), !overflow
        else { return (value, outcomes.contains(.equal)) }
        return (String(neighbour), true)
    }

    var isComplete: Bool {
        guard acceptsNull || !column.isNullable else { return false }
        return acceptsAll || acceptsExclusions || endsMeet || !column.domain.isEmpty && column.domain.allSatisfy(accepts)
    }

    private func accepts(_ value: String) -> Bool {
        included.contains(value) || exclusions.contains { !$0.contains(value) }
            || lower.contains { $0.value < value || $0.value == value && $0.isIncluded }
            || upper.contains { $0.value > value || $0.value == value && $0.isIncluded }
    }

    /// Whether what all exclusions leave out is taken by another filter.
    private var acceptsExclusions: Bool {
        guard let first = exclusions.first else { return false }
        let excluded = exclusions.dropFirst().reduce(first) { $0.intersection($1) }
        return excluded.allSatisfy { value in
            included.contains(value)
                || lower.contains {
                    order(value, $0.value).map { $0 > 0 } ?? false || $0.value == value && $0.isIncluded
                }
                || upper.contains {
                    order(value, $0.value).map { $0 < 0 } ?? false || $0.value == value && $0.isIncluded
                }
        }
    }

    /// Whether one range begins before another ends, or nothing lies between that is not taken.
    private var endsMeet: Bool {
        lower.contains { low in
            upper.contains { high in
                if low.value == high.value { return low.isIncluded || high.isIncluded || included.contains(low.value) }
                if let order = order(low.value, high.value), order < 0 { return true }
                guard column.kind == .integer, let first = Int64(high.value), let last = Int64(low.value), first < last,
                    case let (distance, overflow) = last.subtractingReportingOverflow(first), !overflow,
                    distance <= Int64(included.count) + 1
                else { return false }
                return (first..<last).dropFirst().allSatisfy { included.contains(String($0)) }
            }
        }
    }

    /// Below, at or above 0 as the first value comes first, is the same, or comes later; nil where the database decides.
    private func order(_ one: String, _ other: String) -> Int? {
        if one == other { return 0 }
        switch column.kind {
        case .integer:
            guard let one = Int64(one), let other = Int64(other) else { return nil }
            return one < other ? -1 : 1
        case .uuid: return one < other ? -1 : 1
        // Paths compare bytewise; other texts by the database's collation.
        case .text where column.name == "file_path": return one.utf8.lexicographicallyPrecedes(other.utf8) ? -1 : 1
        case .text, .timestamp, .boolean: return nil
        }
    }
}
