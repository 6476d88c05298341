// Filters: `[not.]operator[(any|all)].value`, in.(…) and is.….

extension QueryParser {
    /// Where a filter stands decides where its value ends.
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

    /// `[not.]operator.value` behind a column's name.
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

    /// What ends a value in a group or a list.
    private static func isDelimiter(_ byte: UInt8) -> Bool { byte == UInt8(ascii: ",") || byte == UInt8(ascii: ")") }

    /// What `read` takes where a delimiter follows; else nil, with the place unchanged.
    private mutating func enclosed(_ read: (inout QueryParser) -> String?) -> String? {
        let start = self
        if let text = read(&self), next.map(Self.isDelimiter) ?? true { return text }
        self = start
        return nil
    }

    /// `{…}` with its braces; commas in it do not end a value.
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

    /// `(a,"b,c")`; an element that is not quoted as a whole is taken as it is.
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

    /// An array literal of PostgreSQL, one dimension without nulls: `{a,"b,c"}`. In a group it may be quoted as a whole.
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
        // What was escaped is neither trimmed nor a null.
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
            throw start.refused("a null is no element; the text is \"NULL\", in quotes")
        }
        return element
    }
}

extension [String] {
    /// The same as the column holds it, where the type takes each of them.
    ///
    /// - Throws: `Failure` 22P02.
    fileprivate func checked(_ column: Column, as kind: Column.Kind) throws(Failure) -> [String] {
        for value in self { try kind.check(value) }
        return column.holdsNames ? map(\.normalized) : self
    }
}
