// A read or a deletion of rows of one relation: parsed from the query string, rendered to SQL.

/// SQL with the values that are bound to `$1`, `$2` …
public struct BoundSQL: Equatable, Sendable {
    public let text: String
    public let values: [String]
}

public struct TableQuery: Sendable {
    public let relation: Relation
    public let selection: [Column]
    public let filters: [Filter]
    public let orders: [Order]
    let limit, offset: String?

    /// - Throws: `Failure` PGRST100 for broken syntax, 42703 for an unknown column.
    public init(_ parameters: QueryParameters, relation: Relation) throws(Failure) {
        var selection = relation.columns
        var filters: [Filter] = []
        var orders: [Order] = []
        for (name, value) in parameters.pairs {
            var parser = QueryParser(name, value)
            switch name {
            case "select": selection = value.isEmpty ? relation.columns : try parser.selection(of: relation)
            case "order": orders = try parser.orders(of: relation)
            case "limit", "offset", "columns", "on_conflict": continue
            default: filters.append(try parser.filter(try relation.column(name)))
            }
        }
        self.relation = relation
        self.selection = selection
        self.filters = filters
        self.orders = orders
        limit = parameters["limit"]
        offset = parameters["offset"]
    }

    /// The rows wanted; see `RowWindow`.
    public func window(range: String?, maximum: Int64) throws(Failure) -> RowWindow {
        try RowWindow(limit: limit, offset: offset, range: range, maximum: maximum)
    }

    /// One row: the page as a JSON array, how many rows it has, and the total where `counting` asks for it.
    public func select(_ window: RowWindow, counting: Bool) -> BoundSQL {
        var values: [String] = []
        let condition = self.condition(&values)
        let total = counting ? "(select count(*) from api.\(relation.name)\(condition))" : "null"
        let page =
            "select \(columnList) from api.\(relation.name)\(condition)\(ordering)"
            + " limit \(window.limit) offset \(window.offset)"
        return BoundSQL(
            text: "select coalesce(json_agg(page), '[]')::text, count(*), \(total) from (\(page)) page",
            values: values)
    }

    /// Deletes what the filters match; one row: the deleted rows as a JSON array, and how many they were.
    public func delete() -> BoundSQL {
        var values: [String] = []
        let deletion = "delete from api.\(relation.name)\(condition(&values)) returning *"
        let page = "select \(columnList) from gone order by \(relation.key.joined(separator: ", "))"
        return BoundSQL(
            text:
                "with gone as (\(deletion)) select coalesce(json_agg(page), '[]')::text, count(*) from (\(page)) page",
            values: values)
    }

    /// A column named twice in `select` is given once.
    private var columnList: String {
        var names: [String] = []
        for column in selection where !names.contains(column.name) { names.append(column.name) }
        return names.joined(separator: ", ")
    }

    /// What was asked for, then the key: pages neither overlap nor skip, and the same request has the same answer.
    private var ordering: String {
        let asked = orders.map { order in
            let nulls = order.nullsFirst.map { $0 ? " nulls first" : " nulls last" } ?? ""
            return order.column.name + (order.isDescending ? " desc" : " asc") + nulls
        }
        return " order by " + (asked + relation.key).joined(separator: ", ")
    }

    private func condition(_ values: inout [String]) -> String {
        guard !filters.isEmpty else { return "" }
        return " where " + filters.map { $0.sql(&values) }.joined(separator: " and ")
    }
}

extension Filter {
    /// The filter with its value bound behind those in `values`.
    fileprivate func sql(_ values: inout [String]) -> String {
        values.append(`operator`.isPattern ? value.replacing("*", with: "%") : value)
        let name = `operator`.isPattern && column.kind != .text ? "\(column.name)::text" : column.name
        let sql = "\(name) \(`operator`.symbol) $\(values.count)"
        return isNegated ? "not \(sql)" : sql
    }
}

extension Filter.Operator {
    var isPattern: Bool { self == .like || self == .ilike }

    fileprivate var symbol: String {
        switch self {
        case .equal: "="
        case .notEqual: "<>"
        case .greater: ">"
        case .greaterOrEqual: ">="
        case .less: "<"
        case .lessOrEqual: "<="
        case .like: "like"
        case .ilike: "ilike"
        }
    }
}
