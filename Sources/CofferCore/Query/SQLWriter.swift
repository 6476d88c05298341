// Renders the query tree as SQL. Names come from the fixed lists of relations and columns. They are qualified with the
// relation's name, so that an alias cannot stand in for a column. Every value is bound.

/// Collects the values of a statement while its text is written.
struct SQLWriter {
    /// The name that qualifies columns.
    let relation: String
    private(set) var values: [String?] = []

    init(_ relation: Relation) { self.relation = relation.name }

    /// Binds a value and returns its parameter, `$n`.
    mutating func bind(_ value: String?) -> String {
        values.append(value)
        return "$\(values.count)"
    }

    func name(_ column: Column) -> String { "\(relation).\(column.name)" }

    /// ` where …`, or an empty text without conditions.
    mutating func condition(_ conditions: [Condition]) -> String {
        guard !conditions.isEmpty else { return "" }
        return " where " + conditions.map { sql($0) }.joined(separator: " and ")
    }

    private mutating func sql(_ condition: Condition) -> String {
        switch condition {
        case .filter(let filter): return sql(filter)
        case .group(let connective, let isNegated, let members):
            let joined = members.map { sql($0) }.joined(separator: " \(connective.rawValue) ")
            return "\(isNegated ? "not " : "")(\(joined))"
        }
    }

    private mutating func sql(_ filter: Filter) -> String {
        let negation = filter.isNegated ? "not " : ""
        let (name, type) = (name(filter.column), filter.column.kind.typeName)
        switch filter.test {
        case .state(let state): return "\(negation)\(name) is \(state.sql)"
        case .list(let values): return "\(negation)\(name) = any(\(bind(arrayLiteral(values)))::\(type)[])"
        case .value(let comparison, let value):
            return "\(negation)\(operand(filter, comparison)) \(comparison.sql) \(bind(comparison.pattern(value)))"
        case .values(let comparison, let quantifier, let values):
            let array = bind(arrayLiteral(values.map(comparison.pattern)))
            return "\(negation)\(operand(filter, comparison)) \(comparison.sql) "
                + "\(quantifier.rawValue)(\(array)::\(comparison.isPattern ? "text" : type)[])"
        }
    }

    /// The left operand. Patterns are compared with the column's text form.
    private func operand(_ filter: Filter, _ comparison: Filter.Operator) -> String {
        name(filter.column) + (comparison.isPattern && filter.column.kind != .text ? "::text" : "")
    }
}

extension Filter.Operator {
    fileprivate var sql: StaticString {
        switch self {
        case .equal: "="
        case .notEqual: "<>"
        case .greater: ">"
        case .greaterOrEqual: ">="
        case .less: "<"
        case .lessOrEqual: "<="
        case .like: "like"
        case .ilike: "ilike"
        case .match: "~"
        case .imatch: "~*"
        case .isDistinct: "is distinct from"
        }
    }

    fileprivate func pattern(_ value: String) -> String {
        guard hasStars else { return value }
        return String(decoding: value.utf8.map { $0 == UInt8(ascii: "*") ? UInt8(ascii: "%") : $0 }, as: UTF8.self)
    }
}

extension Filter.State {
    fileprivate var sql: StaticString {
        switch self {
        case .null: "null"
        case .notNull: "not null"
        case .true: "true"
        case .false: "false"
        case .unknown: "unknown"
        }
    }
}

extension SelectedColumn {
    /// The column with its cast, and with `as` if its name in the answer differs.
    func sql(_ writer: SQLWriter) -> String {
        let value = writer.name(column) + (cast.map { "::\($0.rawValue)" } ?? "")
        return alias == nil && cast == nil ? value : "\(value) as \(quotedIdentifier(name))"
    }
}

extension Order {
    func sql(_ writer: SQLWriter) -> String {
        let nulls = nullsFirst.map { $0 ? " nulls first" : " nulls last" } ?? ""
        return "\(writer.name(column)) \(isDescending ? "desc" : "asc")\(nulls)"
    }
}

/// A quoted identifier (PostgreSQL's manual, 4.1.1).
private func quotedIdentifier(_ name: String) -> String {
    "\"" + String(decoding: doubled(UInt8(ascii: "\""), in: name.utf8), as: UTF8.self) + "\""
}

/// An array literal of one dimension (PostgreSQL's manual, 8.15.6). Every element is quoted, so that none is read as
/// null or as syntax.
func arrayLiteral(_ elements: [String]) -> String {
    var bytes = [UInt8(ascii: "{")]
    for (index, element) in elements.enumerated() {
        if index > 0 { bytes.append(UInt8(ascii: ",")) }
        bytes.append(UInt8(ascii: "\""))
        for byte in element.utf8 {
            if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") { bytes.append(UInt8(ascii: "\\")) }
            bytes.append(byte)
        }
        bytes.append(UInt8(ascii: "\""))
    }
    return String(decoding: bytes + [UInt8(ascii: "}")], as: UTF8.self)
}

func doubled(_ quote: UInt8, in text: some Sequence<UInt8>) -> [UInt8] {
    text.flatMap { $0 == quote ? [$0, $0] : [$0] }
}
