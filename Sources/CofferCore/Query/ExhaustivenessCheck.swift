// Finds filters that are exhaustive, as every possible value of a column fulfils one of them: `lt.5` or `gte.5`,
// `neq.a` or `neq.b`, `is.null` or `not.is.null`.

/// Whether the filters, joined by `or`, hold for every row because those of one column are exhaustive.
func areExhaustive(_ filters: [Filter]) -> Bool {
    filters.indices.contains { index in
        let column = filters[index].column
        // Check each column once, at its first filter.
        guard !filters[..<index].contains(where: { $0.column == column }) else { return false }
        return ExhaustivenessCheck(filters.filter { $0.column == column }, column).isComplete
    }
}

extension Column.Kind {
    /// The same spelling for equal values, as far as the type decides which values are equal.
    func canonical(_ value: String) -> String {
        switch self {
        case .integer: Int64(value.filter { $0 != " " }).map { String($0) } ?? value
        case .uuid: value.lowercased()
        case .text, .timestamp, .boolean: value
        }
    }
}

/// The values that the filters of one column accept together.
private struct ExhaustivenessCheck {
    private let column: Column
    private var acceptsNull = false
    private var acceptsAll = false
    /// Values that are accepted.
    private var included: Set<String> = []
    /// Each set stands for a filter that accepts all values but these.
    private var exclusions: [Set<String>] = []
    /// The accepted ranges without an upper bound.
    private var lower: [Bound] = []
    /// The accepted ranges without a lower bound.
    private var upper: [Bound] = []

    private struct Bound {
        let value: String
        let isIncluded: Bool

        /// - Parameters:
        ///   - order: of a value compared with the bound. nil if it is unknown.
        ///   - direction: 1 for a lower bound, -1 for an upper one.
        func accepts(_ order: Int?, direction: Int) -> Bool {
            order.map { $0 == direction || $0 == 0 && isIncluded } ?? false
        }
    }

    init(_ filters: [Filter], _ column: Column) {
        self.column = column
        // The columns have no negative numbers, so these count as accepted.
        if column.kind == .integer { upper.append(Bound(value: "-1", isIncluded: true)) }
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
            // With one value, or if one of several is enough, each value counts alone.
            let isAny = (quantifier == .any) != filter.isNegated
            if values.count == 1 || isAny || comparison == .equal && quantifier == .any {
                add(values, comparison, isNegated: filter.isNegated)
            }
        }
    }

    /// - Parameter isNegated: with `equal`, none of the values is accepted. Otherwise each comparison is negated.
    private mutating func add(_ values: [String], _ comparison: Filter.Operator, isNegated: Bool) {
        guard let plain = comparison.outcomes else { return }
        let values = values.map(column.kind.canonical)
        let outcomes = isNegated ? ComparisonOutcomes.all.subtracting(plain) : plain
        switch outcomes {
        case .equal: included.formUnion(values)
        case .others where comparison == .equal: exclusions.append(Set(values))
        case .others: exclusions += values.map { [$0] }
        case _ where outcomes.contains(.greater): lower += values.map { bound($0, outcomes, next: 1) }
        default: upper += values.map { bound($0, outcomes, next: -1) }
        }
    }

    /// The bound of a range. For integers, an excluded bound is replaced by its included neighbour.
    private func bound(_ value: String, _ outcomes: ComparisonOutcomes, next: Int64) -> Bound {
        guard !outcomes.contains(.equal), column.kind == .integer, let number = Int64(value),
            case let (neighbour, overflow) = number.addingReportingOverflow(next), !overflow
        else { return Bound(value: value, isIncluded: outcomes.contains(.equal)) }
        return Bound(value: String(neighbour), isIncluded: true)
    }

    var isComplete: Bool {
        guard acceptsNull || !column.isNullable else { return false }
        return acceptsAll || acceptsExclusions || rangesMeet || acceptsDomain
    }

    private var acceptsDomain: Bool {
        !column.domain.isEmpty
            && column.domain.allSatisfy { value in
                included.contains(value) || exclusions.contains { !$0.contains(value) }
                    || isInRange(value) { $0 == $1 ? 0 : $0 < $1 ? -1 : 1 }
            }
    }

    /// Whether the values that all exclusions have in common are accepted by another filter.
    private var acceptsExclusions: Bool {
        guard let first = exclusions.first else { return false }
        let excluded = exclusions.dropFirst().reduce(first) { $0.intersection($1) }
        return excluded.allSatisfy { included.contains($0) || isInRange($0, order) }
    }

    private func isInRange(_ value: String, _ order: (String, String) -> Int?) -> Bool {
        lower.contains { $0.accepts(order(value, $0.value), direction: 1) }
            || upper.contains { $0.accepts(order(value, $0.value), direction: -1) }
    }

    /// Whether a range begins before another one ends, or all values between them are accepted.
    private var rangesMeet: Bool {
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

    /// Negative if `one` is less, 0 if the values are equal, positive if `one` is greater. nil if only the database
    /// knows.
    private func order(_ one: String, _ other: String) -> Int? {
        if one == other { return 0 }
        switch column.kind {
        case .integer:
            guard let one = Int64(one), let other = Int64(other) else { return nil }
            return one < other ? -1 : 1
        case .uuid: return one < other ? -1 : 1
        // Paths compare by bytes, other texts by the database's collation.
        case .text where column.name == "file_path": return one.utf8.lexicographicallyPrecedes(other.utf8) ? -1 : 1
        case .text, .timestamp, .boolean: return nil
        }
    }
}
