// A statement that is ready to be sent.

/// SQL with the values that are bound to `$1`, `$2` …
public struct BoundSQL: Equatable, Sendable {
    public let text: String
    /// nil is SQL's null.
    public let values: [String?]
}
