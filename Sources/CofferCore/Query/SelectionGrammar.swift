// The grammar of `select=alias:column::cast,…` and `order=column.desc.nullslast,…`.

extension QueryParser {
    /// The most columns to select, and to sort by. PostgreSQL allows 1,664.
    static let maximumColumns = 100

    /// The columns in the given order. A repeated column appears once.
    mutating func selection(of relation: Relation) throws(Failure) -> [SelectedColumn] {
        let requested = try list(atMost: Self.maximumColumns) { parser throws(Failure) in
            try parser.selected(of: relation)
        }
        var selection: [SelectedColumn] = []
        for column in requested.joined() where !selection.contains(column) {
            guard !selection.contains(where: { $0.name.utf8.elementsEqual(column.name.utf8) }) else {
                throw refused("\"\(column.name)\" would name two columns")
            }
            selection.append(column)
        }
        return selection
    }

    private mutating func selected(of relation: Relation) throws(Failure) -> [SelectedColumn] {
        if take("*") { return relation.columns.map { SelectedColumn($0) } }
        if take("...") { throw unsupported("embedding another table is") }
        let alias = try alias()
        let start = self
        if take("count()") { throw start.unsupported("aggregating is") }
        let column = try column(of: relation)
        if take(".") { throw unsupported("aggregating is") }
        return [SelectedColumn(column, alias: alias, cast: take("::") ? try cast(of: column) : nil)]
    }

    /// `name:`, but not `name::`, which begins a cast.
    private mutating func alias() throws(Failure) -> String? {
        let start = self
        guard let name = try name(), next == UInt8(ascii: ":"), !take("::"), take(":") else {
            self = start
            return nil
        }
        guard (1...63).contains(name.utf8.count), !name.utf8.contains(0) else {
            throw start.refused("an alias must have 1 to 63 bytes, and no zero byte")
        }
        return name
    }

    private mutating func cast(of column: Column) throws(Failure) -> SelectedColumn.Cast {
        let start = self
        let name = word()
        guard let cast = SelectedColumn.Cast(rawValue: name) else {
            let names = SelectedColumn.Cast.allCases.map(\.rawValue).joined(separator: ", ")
            throw start.expected("one of the types \(names)")
        }
        // PostgreSQL would try the cast, and write the first value that is not a number to its log.
        guard cast == .text || column.kind == .integer else {
            throw Failure(.unsuitableCast, "cannot cast type \(column.kind.typeName) to \(cast.typeName)")
        }
        return cast
    }

    /// The columns to sort by.
    mutating func orders(of relation: Relation) throws(Failure) -> [Order] {
        try list(atMost: Self.maximumColumns) { parser throws(Failure) in try parser.order(of: relation) }
    }

    private mutating func order(of relation: Relation) throws(Failure) -> Order {
        let column = try column(of: relation)
        guard take(".") else { return Order(column) }
        let isDescending = take("desc")
        let hasDirection = isDescending || take("asc")
        if hasDirection, !take(".") { return Order(column, isDescending: isDescending) }
        if take("nullsfirst") { return Order(column, isDescending: isDescending, nullsFirst: true) }
        if take("nullslast") { return Order(column, isDescending: isDescending, nullsFirst: false) }
        throw expected((hasDirection ? "" : "\"asc\", \"desc\", ") + "\"nullsfirst\" or \"nullslast\"")
    }

    /// The names of `columns=a,"b"`. They are not checked.
    mutating func names() throws(Failure) -> [String] {
        try list(atMost: Self.maximumColumns) { parser throws(Failure) in
            guard let name = try parser.name() else { throw parser.expected("a column name") }
            return name
        }
    }
}
