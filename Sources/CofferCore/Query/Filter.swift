// A filter, parsed and checked. Only its values are free text.

/// A condition on one column.
public struct Filter: Equatable, Sendable {
    public enum Operator: String, Sendable, CaseIterable {
        case equal = "eq"
        case notEqual = "neq"
        case greater = "gt"
        case greaterOrEqual = "gte"
        case less = "lt"
        case lessOrEqual = "lte"
        case like
        case ilike
        case match
        case imatch
        case isDistinct = "isdistinct"
    }

    enum Quantifier: String, Sendable, CaseIterable { case any, all }

    enum State: String, Sendable, CaseIterable { case null, notNull = "not_null", `true`, `false`, unknown }

    /// The comparison with the column's value.
    enum Test: Equatable, Sendable {
        case value(Operator, String)
        /// `eq(any).{a,b}`: the comparison holds for any, or for all, of the values.
        case values(Operator, Quantifier, [String])
        /// `in.(a,b)`
        case list([String])
        /// `is.null`
        case state(State)
    }

    let column: Column
    let isNegated: Bool
    let test: Test

    init(_ column: Column, isNegated: Bool = false, _ test: Test) {
        self.column = column
        self.isNegated = isNegated
        self.test = test
    }
}

extension Filter {
    /// Whether the filter has a pattern that is more than a prefix, so that no index helps.
    var isSearch: Bool {
        switch test {
        case .value(let comparison, let value): comparison.isSearch(value)
        case .values(let comparison, _, let values): values.contains { comparison.isSearch($0) }
        case .list, .state: false
        }
    }
}

extension Filter.Operator {
    fileprivate func isSearch(_ pattern: String) -> Bool { isPattern && !(self == .like && isPrefix(pattern)) }

    /// Whether a pattern has wildcards only at its end, as `folder/*`. `\` escapes the next character.
    private func isPrefix(_ pattern: String) -> Bool {
        var rest = pattern.utf8[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "_") { return false }
            if byte == UInt8(ascii: "*") || byte == UInt8(ascii: "%") {
                return rest.allSatisfy { "*%".utf8.contains($0) }
            }
            if byte == UInt8(ascii: "\\") { _ = rest.popFirst() }
        }
        return true
    }

    /// Whether the value is a pattern for the column's text.
    var isPattern: Bool { [.like, .ilike, .match, .imatch].contains(self) }

    /// Whether `*` in the value means `%`.
    var hasStars: Bool { self == .like || self == .ilike }

    /// Whether `(any)` or `(all)` may follow the operator.
    var isQuantifiable: Bool { self != .notEqual && self != .isDistinct }
}
