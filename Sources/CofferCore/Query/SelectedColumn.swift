// A column of the parameter `select`.

/// A column of the answer: `alias:column::cast`.
struct SelectedColumn: Equatable, Sendable {
    /// The types that PostgREST's clients cast to.
    enum Cast: String, Sendable, CaseIterable {
        case text, int, int4, int8, bigint, integer

        /// PostgreSQL's name of the type.
        var typeName: StaticString {
            switch self {
            case .text: "text"
            case .int, .int4, .integer: "integer"
            case .int8, .bigint: "bigint"
            }
        }
    }

    let column: Column
    let alias: String?
    let cast: Cast?

    init(_ column: Column, alias: String? = nil, cast: Cast? = nil) {
        self.column = column
        self.alias = alias
        self.cast = cast
    }

    /// The column's name in the answer.
    var name: String { alias ?? column.name }
}
