// The result of rendering a query.

/// A statement and the values of its parameters `$1`, `$2` …
public struct BoundSQL: Equatable, Sendable {
    public let text: String
    /// nil for SQL's null.
    public let values: [String?]
}
