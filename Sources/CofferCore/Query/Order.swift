// A column of the parameter `order`.

public struct Order: Equatable, Sendable {
    public let column: Column
    public let isDescending: Bool
    /// nil for PostgreSQL's default, by which nulls are larger than all values.
    public let nullsFirst: Bool?

    init(_ column: Column, isDescending: Bool = false, nullsFirst: Bool? = nil) {
        self.column = column
        self.isDescending = isDescending
        self.nullsFirst = nullsFirst
    }
}
