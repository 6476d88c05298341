// What `order` names.

public struct Order: Equatable, Sendable {
    public let column: Column
    public let isDescending: Bool
    /// nil: PostgreSQL's own rule, nulls as larger than all others.
    public let nullsFirst: Bool?

    init(_ column: Column, isDescending: Bool = false, nullsFirst: Bool? = nil) {
        self.column = column
        self.isDescending = isDescending
        self.nullsFirst = nullsFirst
    }
}
