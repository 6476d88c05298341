// The typed tree that a query string is parsed into. What is in it is legal; only values are free text.

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
    }

    public let column: Column
    public let isNegated: Bool
    public let `operator`: Operator
    public let value: String

    public init(_ column: Column, isNegated: Bool = false, _ operator: Operator, _ value: String) {
        self.column = column
        self.isNegated = isNegated
        self.operator = `operator`
        self.value = value
    }
}

public struct Order: Equatable, Sendable {
    public let column: Column
    public let isDescending: Bool
    /// nil: PostgreSQL's own rule, nulls as larger than all others.
    public let nullsFirst: Bool?

    public init(_ column: Column, isDescending: Bool = false, nullsFirst: Bool? = nil) {
        self.column = column
        self.isDescending = isDescending
        self.nullsFirst = nullsFirst
    }
}
