// A column of the parameter `order`.

struct Order: Equatable, Sendable {
    let column: Column
    let isDescending: Bool
    /// nil for PostgreSQL's default, by which nulls are larger than all values.
    let nullsFirst: Bool?

    init(_ column: Column, isDescending: Bool = false, nullsFirst: Bool? = nil) {
        self.column = column
        self.isDescending = isDescending
        self.nullsFirst = nullsFirst
    }
}
