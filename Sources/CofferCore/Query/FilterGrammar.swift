// The grammar of filters: `[not.]operator[(any|all)].value`, `in.(…)` and `is.…`.

extension QueryParser {
    /// Where a filter appears. In a parameter its value ends at the end, in a group at a delimiter.
    enum Place { case parameter, group }

    private static let otherOperators = [
        "fts", "plfts", "phfts", "wfts", "cs", "cd", "ov", "sl", "sr", "nxr", "nxl", "adj",
    ]

    private static let operatorNames =
        (Filter.Operator.allCases.map(\.rawValue) + ["in", "is"]).joined(separator: ", ")

    /// A filter as the whole value of a parameter.
    mutating func filter(_ column: Column) throws(Failure) -> Filter {
        let filter = try filter(column, in: .parameter)
        guard isAtEnd else { throw expected("end of input") }
        return filter
    }

    /// `[not.]operator.value`, after a column's name.
    mutating func filter(_ column: Column, in place: Place) throws(Failure) -> Filter {
        let isNegated = take("not.")
        return Filter(column, isNegated: isNegated, try test(of: column, in: place))
    }

    private mutating func test(of column: Column, in place: Place) throws(Failure) -> Filter.Test {
        let start = self
        let name = word()
        if Self.otherOperators.contains(name) { throw start.unsupported("the operator \"\(name)\" is") }
        if name == "in", take(".") { return .list(try listed().checked(column, as: column.kind)) }
        if name == "is", take(".") { return .state(try state(of: column)) }
        guard let comparison = Filter.Operator(rawValue: name), next == UInt8(ascii: ".") || next == UInt8(ascii: "(")
        else { throw start.expected("\"not\" or operator (\(Self.operatorNames))") }
        let kind = comparison.isPattern ? .text : column.kind
        guard let quantifier = try quantifier(of: comparison) else {
            return .value(comparison, try [value(in: place)].checked(column, as: kind)[0])
        }
        return .values(comparison, quantifier, try array(in: place).checked(column, as: kind))
    }

    /// `.`, or `(any).` or `(all).`
    private mutating func quantifier(of comparison: Filter.Operator) throws(Failure) -> Filter.Quantifier? {
        if take(".") { return nil }
        guard comparison.isQuantifiable else { throw expected("\".\"") }
        for quantifier in Filter.Quantifier.allCases where take("(\(quantifier.rawValue)).") { return quantifier }
        throw expected("\".\", \"(any).\" or \"(all).\"")
    }

    private mutating func state(of column: Column) throws(Failure) -> Filter.State {
        let start = self
        guard let state = Filter.State(rawValue: word().lowercased()) else {
            throw start.expected("null, not_null, true, false or unknown")
        }
        guard column.kind == .boolean || state == .null || state == .notNull else {
            throw Failure(
                .unsuitableType,
                "argument of IS \(state.rawValue.uppercased()) must be type boolean, not type \(column.kind.typeName)")
        }
        return state
    }

    private mutating func value(in place: Place) -> String {
        switch place {
        case .parameter: remainder()
        case .group: enclosed { $0.quoted() } ?? enclosed { $0.braces() } ?? text(until: Self.isDelimiter)
        }
    }

    /// Whether a byte ends a value in a group or a list.
    private static func isDelimiter(_ byte: UInt8) -> Bool { byte == UInt8(ascii: ",") || byte == UInt8(ascii: ")") }

    /// The text that `read` takes, if a delimiter follows it. Otherwise nil, and the position is unchanged.
    private mutating func enclosed(_ read: (inout QueryParser) -> String?) -> String? {
        let start = self
        if let text = read(&self), next.map(Self.isDelimiter) ?? true { return text }
        self = start
        return nil
    }

    /// `{…}` with its braces. Commas in it do not end the value.
    private mutating func braces() -> String? {
        let start = self
        guard next == UInt8(ascii: "{") else { return nil }
        let text = text { $0 == UInt8(ascii: "}") }
        guard take("}") else {
            self = start
            return nil
        }
        return text + "}"
    }

    /// `(a,"b,c")`. An element is unquoted only if the quotes enclose all of it.
    private mutating func listed() throws(Failure) -> [String] {
        skipSpaces()
        guard take("(") else { throw expected("\"(\"") }
        skipSpaces()
        var elements: [String] = []
        if !take(")") {
            repeat {
                elements.append(enclosed { $0.quoted() } ?? text(until: Self.isDelimiter))
            } while take(",")
            guard take(")") else { throw expected("\",\" or \")\"") }
        }
        skipSpaces()
        return elements
    }

    /// A PostgreSQL array literal of one dimension and without nulls: `{a,"b,c"}`. In a group the whole literal may be
    /// quoted.
    private mutating func array(in place: Place) throws(Failure) -> [String] {
        guard place == .group, let text = enclosed({ $0.quoted() }) else { return try array() }
        var inner = QueryParser("array", text)
        let elements = try inner.array()
        guard inner.isAtEnd else { throw inner.expected("end of input") }
        return elements
    }

    private mutating func array() throws(Failure) -> [String] {
        guard take("{") else { throw expected("\"{\"") }
        skipSpaces()
        if take("}") { return [] }
        var elements: [String] = []
        repeat {
            skipSpaces()
            elements.append(try arrayElement())
            skipSpaces()
        } while take(",")
        guard take("}") else { throw expected("\",\" or \"}\"") }
        return elements
    }

    private mutating func arrayElement() throws(Failure) -> String {
        if next == UInt8(ascii: "\"") {
            guard let element = quoted() else { throw expected("a closing quote") }
            return element
        }
        let start = self
        var element = ""
        // Escaped characters are not trimmed, and they do not make a null.
        var escaped = 0
        while true {
            element += text { ",{}\"\\".utf8.contains($0) }
            guard take("\\") else { break }
            element += character()
            escaped = element.utf8.count
        }
        while element.utf8.count > escaped, element.utf8.last == UInt8(ascii: " ") {
            element.unicodeScalars.removeLast()
        }
        guard !element.isEmpty else { throw start.expected("an element") }
        guard escaped > 0 || element.lowercased() != "null" else {
            throw start.refused("null cannot be an element; quote the text \"NULL\"")
        }
        return element
    }
}

extension [String] {
    /// The values in the form in which the column stores them.
    ///
    /// - Throws: `Failure` 22P02 or 22003 if the type does not accept a value.
    fileprivate func checked(_ column: Column, as kind: Column.Kind) throws(Failure) -> [String] {
        for value in self { try kind.check(value) }
        return column.holdsNames ? map(\.normalized) : self
    }
}
