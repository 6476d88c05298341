// The grammar of PostgREST's query strings, by recursive descent over one decoded value at a time.

/// Reads one value of the query string. Every refusal says what was expected, and where.
struct QueryParser {
    private let parameter: String
    private let text: String
    /// Scalars, not characters: a value may begin with a combining mark, which would join the dot before it.
    private var rest: Substring.UnicodeScalarView

    init(_ parameter: String, _ text: String) {
        self.parameter = parameter
        self.text = text
        rest = text[...].unicodeScalars
    }

    private func expected(_ what: String) -> Failure {
        let column = text.unicodeScalars.distance(from: text.startIndex, to: rest.startIndex) + 1
        let found = rest.first.map { "\"\($0)\"" } ?? "end of input"
        return Failure(
            .querySyntax, "\"failed to parse \(parameter) (\(text))\" (line 1, column \(column))",
            details: "unexpected \(found) expecting \(what)")
    }

    private var isAtEnd: Bool { rest.isEmpty }

    private mutating func take(_ prefix: String) -> Bool {
        guard rest.starts(with: prefix.unicodeScalars) else { return false }
        rest = rest.dropFirst(prefix.unicodeScalars.count)
        return true
    }

    /// A run of the characters that names are made of.
    private mutating func word() -> String {
        let word = rest.prefix {
            $0 == "_" || $0.isASCII && ($0.properties.isAlphabetic || $0.properties.numericType != nil)
        }
        rest = rest.dropFirst(word.count)
        return String(Substring(word))
    }

    private mutating func column(of relation: Relation) throws(Failure) -> Column {
        let name = word()
        guard !name.isEmpty else { throw expected("a column name") }
        return try relation.column(name)
    }

    private mutating func list<Element>(
        _ element: (inout QueryParser) throws(Failure) -> Element
    ) throws(Failure) -> [Element] {
        var elements = [try element(&self)]
        while take(",") { elements.append(try element(&self)) }
        guard isAtEnd else { throw expected("\",\" or end of input") }
        return elements
    }

    /// `select=*` or `select=a,b`: the columns in the order asked for.
    mutating func selection(of relation: Relation) throws(Failure) -> [Column] {
        try list { parser throws(Failure) in
            parser.take("*") ? relation.columns : [try parser.column(of: relation)]
        }.flatMap { $0 }
    }

    /// `order=a.desc.nullslast,b`.
    mutating func orders(of relation: Relation) throws(Failure) -> [Order] {
        try list { parser throws(Failure) in try parser.order(of: relation) }
    }

    private mutating func order(of relation: Relation) throws(Failure) -> Order {
        let column = try column(of: relation)
        let isDescending = take(".desc")
        if !isDescending { _ = take(".asc") }
        if take(".nullsfirst") { return Order(column, isDescending: isDescending, nullsFirst: true) }
        if take(".nullslast") { return Order(column, isDescending: isDescending, nullsFirst: false) }
        if rest.first == "." { throw expected("\"asc\", \"desc\", \"nullsfirst\" or \"nullslast\"") }
        return Order(column, isDescending: isDescending)
    }

    /// `[not.]op.value`, the value being all that follows.
    mutating func filter(_ column: Column) throws(Failure) -> Filter {
        let isNegated = take("not.")
        let start = rest
        guard let `operator` = Filter.Operator(rawValue: word()), take(".") else {
            rest = start
            let operators = Filter.Operator.allCases.map(\.rawValue).joined(separator: ", ")
            throw expected("\"not\" or an operator (\(operators)) with \".\" behind it")
        }
        let value = String(Substring(rest))
        if !`operator`.isPattern { try column.check(value) }
        return Filter(column, isNegated: isNegated, `operator`, value)
    }
}
