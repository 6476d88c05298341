// The SQL statements of a table query. Each returns one row: `body`, that of the response, and `row_count`.

/// The format of the rows in a response.
public enum Format: Sendable {
    /// An array of objects.
    case json
    /// An array of objects without their null members.
    case strippedJSON
    /// RFC 4180 with a header line. Null is an empty field, and an empty text is `""`.
    case csv
}

extension TableQuery {
    /// Returns one row: the page, its number of rows, and the total number of rows, which is null unless `counting`.
    public func select(_ rowRange: RowRange, as format: Format, counting: Bool) -> BoundSQL {
        var writer = SQLWriter(relation)
        let condition = writer.condition(conditions)
        let total = counting ? "(select count(*) from \(source)\(condition)) as total" : "null as total"
        let rows = "\(source)\(condition)\(ordering(writer)) limit \(rowRange.limit) offset \(rowRange.offset)"
        let text = "\(page(of: rows, as: format, &writer, and: ", \(total)"))"
        return BoundSQL(text: text, values: writer.values)
    }

    /// Changes the matching rows. Returns one row: the changed rows and their number.
    public func update(_ changes: PatchBody, as format: Format) -> BoundSQL {
        var writer = SQLWriter(relation)
        // An empty body changes no row, as in PostgREST.
        guard !changes.isEmpty else { return change("select * from \(source) where false", as: format, &writer) }
        let assignments = changes.sql(&writer)
        return change(
            "update \(source) set \(assignments)\(writer.condition(conditions)) returning *", as: format, &writer)
    }

    /// Deletes the matching rows. Returns one row: the deleted rows and their number.
    public func delete(as format: Format) -> BoundSQL {
        var writer = SQLWriter(relation)
        return change("delete from \(source)\(writer.condition(conditions)) returning *", as: format, &writer)
    }

    private func change(_ statement: String, as format: Format, _ writer: inout SQLWriter) -> BoundSQL {
        let rows = "changed \(relation.name)\(ordering(writer))"
        return BoundSQL(
            text: "with changed as (\(statement)) \(page(of: rows, as: format, &writer))", values: writer.values)
    }

    private var source: String { "api.\(relation.name)" }

    /// The requested order, then the key. So pages do not overlap or skip rows, and a repeated request has the same
    /// answer.
    private func ordering(_ writer: SQLWriter) -> String {
        let key = relation.key.map { "\(relation.name).\($0)" }
        return " order by " + (orders.map { $0.sql(writer) } + key).joined(separator: ", ")
    }

    /// Selects the rows as one text, and their number. It says `page.*`, as an alias could capture `page`.
    private func page(of rows: String, as format: Format, _ writer: inout SQLWriter, and more: String = "") -> String {
        switch format {
        case .json, .strippedJSON:
            let columns = selection.map { $0.sql(writer) }.joined(separator: ", ")
            let array = format == .json ? "json_agg(page.*)" : "json_strip_nulls(json_agg(page.*))"
            return "select coalesce(\(array), '[]')::text as body, count(*) as row_count\(more)"
                + " from (select \(columns) from \(rows)) page"
        case .csv:
            let fields = selection.map { $0.csvField(writer) }.joined(separator: " || ',' || ")
            let header = writer.bind(selection.map { csvField($0.name) }.joined(separator: ",") + "\r\n")
            return "select \(header)::text || coalesce(string_agg(page.line, ''), '') as body,"
                + " count(*) as row_count\(more) from (select \(fields) || E'\\r\\n' as line from \(rows)) page"
        }
    }
}

extension SelectedColumn {
    /// The column as a field of CSV. Only a text may need quotes.
    fileprivate func csvField(_ writer: SQLWriter) -> String {
        let name = writer.name(column)
        guard column.kind == .text else { return "coalesce(\(name)\(cast.map { "::\($0.rawValue)" } ?? "")::text, '')" }
        return "case when \(name) = '' or \(name) ~ '[\",\\r\\n]' then '\"' || replace(\(name), '\"', '\"\"') || '\"'"
            + " else coalesce(\(name), '') end"
    }
}

/// A field of CSV.
private func csvField(_ text: String) -> String {
    guard text.isEmpty || text.utf8.contains(where: { "\",\r\n".utf8.contains($0) }) else { return text }
    return "\"" + String(decoding: doubled(UInt8(ascii: "\""), in: text.utf8), as: UTF8.self) + "\""
}
