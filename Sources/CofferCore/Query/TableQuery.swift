// A query of one relation, parsed from the query string. TableStatements.swift makes statements of it.

public struct TableQuery: Sendable {
    public let relation: Relation
    let selection: [SelectedColumn]
    /// Joined by `and`.
    let conditions: [Condition]
    let orders: [Order]
    private let limit, offset: String?

    /// The most filters in one request.
    static let maximumConditions = 1000

    /// If `select`, `order`, `limit` or `offset` is repeated, the first one counts. All filters count.
    ///
    /// - Throws: `Failure` PGRST100 for invalid or unsupported syntax, 42703 for an unknown column, PGRST108 for a
    ///   filter on another table, and 22P02, 22003, 42804 or 42846 for a value or cast that does not fit the column's
    ///   type.
    public init(_ parameters: QueryParameters, relation: Relation) throws(Failure) {
        var conditions: [Condition] = []
        for (name, value) in parameters.pairs {
            switch name {
            case "select", "order", "limit", "offset", "columns", "on_conflict": continue
            default: conditions.append(try Self.condition(name, value, relation))
            }
        }
        guard conditions.reduce(0, { $0 + $1.size }) <= Self.maximumConditions else {
            throw Failure(.querySyntax, "The query has more than \(Self.maximumConditions) filters")
        }
        self.relation = relation
        self.conditions = conditions
        selection = try Self.selection(parameters["select"] ?? "", relation)
        orders = try Self.orders(parameters["order"], relation)
        limit = parameters["limit"]
        offset = parameters["offset"]
    }

    private static func condition(_ name: String, _ value: String, _ relation: Relation) throws(Failure) -> Condition {
        if ["and", "or", "not.and", "not.or"].contains(name) {
            var parser = QueryParser("logic tree", name + value)
            return try parser.group(of: relation)
        }
        var key = QueryParser("column name", name)
        let column = try key.key(of: relation)
        var parser = QueryParser("filter", value)
        return .filter(try parser.filter(column))
    }

    private static func selection(_ text: String, _ relation: Relation) throws(Failure) -> [SelectedColumn] {
        guard !text.isEmpty else { return relation.columns.map { SelectedColumn($0) } }
        var parser = QueryParser("select parameter", text)
        return try parser.selection(of: relation)
    }

    private static func orders(_ text: String?, _ relation: Relation) throws(Failure) -> [Order] {
        guard let text else { return [] }
        var parser = QueryParser("order", text)
        return try parser.orders(of: relation)
    }

    /// Whether the filters can exclude a row. A query without filters, or with filters that hold for every possible
    /// row, is not selective.
    public var isSelective: Bool {
        Condition.group(.and, isNegated: false, conditions).staticTruth != .always
    }

    /// Whether a condition is a search by pattern, whose cost grows with the number of all rows.
    public var isSearch: Bool { conditions.contains { $0.isSearch } }

    /// Whether the query has a limit or an offset.
    public var isPaginated: Bool { limit != nil || offset != nil }

    /// The requested rows. For parameters and errors see `RowRange.init`.
    public func rowRange(range: String?, maximum: Int64) throws(Failure) -> RowRange {
        try RowRange(limit: limit, offset: offset, range: range, maximum: maximum)
    }
}

extension QueryParser {
    /// The column that a parameter's name filters by.
    fileprivate mutating func key(of relation: Relation) throws(Failure) -> Column {
        let start = self
        guard let name = try name() else { throw expected("a column name") }
        if next == UInt8(ascii: ".") {
            throw Failure(
                .notEmbedded, "'\(name)' is not an embedded resource in this request",
                hint: "Filters, limits and orders of other tables are not supported.")
        }
        try refuseEmbedding(from: start)
        guard isAtEnd else { throw expected("\"=\"") }
        return try relation.column(name)
    }
}
