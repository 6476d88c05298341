// Random queries as trees, and random spellings that the grammar allows for them.

import TestSupport
import Text

@testable import CofferCore

/// The meaning of a query string.
struct QueryTree {
    let relation: Relation
    let selection: [SelectedColumn]
    let conditions: [Condition]
    let orders: [Order]
    let limit: Int64?
    let offset: Int64?
}

extension RepeatableGenerator {
    /// Appears in every random text, and never in SQL that Coffer writes itself.
    static let marker = "§"

    mutating func chance(_ one: Int) -> Bool { Int.random(in: 0..<one, using: &self) == 0 }

    mutating func some<Element>(_ elements: [Element]) -> Element {
        elements[Int.random(in: 0..<elements.count, using: &self)]
    }

    mutating func many<Element>(_ range: ClosedRange<Int>, _ make: (inout Self) -> Element) -> [Element] {
        (0..<Int.random(in: range, using: &self)).map { _ in make(&self) }
    }

    mutating func relation() -> Relation {
        let role = some(Role.allCases)
        return some([.files(for: role), .users(for: role), .auditLog(for: role)])
    }

    // Trees

    mutating func tree() -> QueryTree {
        let relation = relation()
        return QueryTree(
            relation: relation, selection: selection(of: relation),
            conditions: many(0...4) { $0.condition(of: relation, depth: 0) },
            orders: many(0...3) { random in
                Order(
                    random.some(relation.columns), isDescending: .random(using: &random),
                    nullsFirst: random.some([nil, true, false]))
            }, limit: some([nil, 0, 7, .max]), offset: some([nil, 0, 3, .max]))
    }

    private mutating func selection(of relation: Relation) -> [SelectedColumn] {
        if chance(4) { return relation.columns.map { SelectedColumn($0) } }
        var selection: [SelectedColumn] = []
        for _ in 0..<Int.random(in: 1...6, using: &self) {
            let column = some(relation.columns)
            let casts = column.kind == .integer ? SelectedColumn.Cast.allCases : [.text]
            let selected = SelectedColumn(
                column, alias: chance(3) ? alias() : nil, cast: chance(3) ? some(casts) : nil)
            if !selection.contains(where: { $0.name.utf8.elementsEqual(selected.name.utf8) }) {
                selection.append(selected)
            }
        }
        return selection
    }

    private mutating func alias() -> String {
        let text = text(length: 12).replacing("\0", with: "")
        return text.isEmpty ? "a" : text
    }

    private mutating func condition(of relation: Relation, depth: Int) -> Condition {
        guard depth < 4, chance(3) else { return .filter(filter(some(relation.columns))) }
        return .group(
            some(Condition.Connective.allCases), isNegated: .random(using: &self),
            many(1...4) { $0.condition(of: relation, depth: depth + 1) })
    }

    private mutating func filter(_ column: Column) -> Filter {
        Filter(column, isNegated: .random(using: &self), test(of: column))
    }

    private mutating func test(of column: Column) -> Filter.Test {
        let comparison = some(Filter.Operator.allCases)
        let kind = comparison.isPattern ? .text : column.kind
        switch Int.random(in: 0..<6, using: &self) {
        case 0: return .state(some([.null, .notNull]))
        case 1: return .list(many(0...4) { $0.value(of: column.kind) })
        case 2 where comparison.isQuantifiable:
            return .values(comparison, some(Filter.Quantifier.allCases), many(0...4) { $0.value(of: kind) })
        default: return .value(comparison, value(of: kind))
        }
    }

    private mutating func value(of kind: Column.Kind) -> String {
        switch kind {
        case .text:
            let text = text(length: 8).replacing("\0", with: "")
            return chance(8)
                ? some(["", "null", "NULL", "not.eq.1", "{a,b}", " ", "\"a\"b"]) : text + Self.marker + text
        case .uuid:
            let digits = hexadecimal((0..<16).map { _ in UInt8.random(in: 0...255, using: &self) })
            let text = [(0, 8), (8, 4), (12, 4), (16, 4), (20, 12)].map { digits.dropFirst($0.0).prefix($0.1) }
                .joined(separator: "-")
            return Bool.random(using: &self) ? text : text.uppercased()
        case .integer: return String(Int64.random(in: .min ... .max, using: &self))
        case .timestamp:
            let two = { (number: Int) in (number < 10 ? "0" : "") + String(number) }
            let date = "20\(two(.random(in: 0...99, using: &self)))-\(two(.random(in: 1...12, using: &self)))-28"
            return date + some(["", "T23:59", " 01:02:03.456789", "T01:02:03+05:30", "T01:02:03Z"])
        case .boolean: return some(["true", "false"])
        }
    }

    // Spellings

    /// A query string with the meaning of the tree.
    mutating func spelling(of tree: QueryTree) -> String {
        var parts = tree.conditions.map { parameter($0) }
        var others: [String] = []
        let isAll = tree.selection == tree.relation.columns.map { SelectedColumn($0) }
        if !isAll || chance(2) {
            let list = isAll && chance(2) ? some(["*", "", "*,id"]) : listing(tree.selection.map { spelling(of: $0) })
            others.append("select=" + encoded(list))
        }
        if !tree.orders.isEmpty { others.append("order=" + encoded(listing(tree.orders.map { spelling(of: $0) }))) }
        if let limit = tree.limit { others.append("limit=\(limit)") }
        if let offset = tree.offset { others.append("offset=\(offset)") }
        // These may be anywhere. The conditions keep their order.
        for other in others { parts.insert(other, at: Int.random(in: 0...parts.count, using: &self)) }
        return parts.joined(separator: some(["&", "&&"]))
    }

    private mutating func spaces() -> String { some(["", "", "", " ", "  "]) }

    private mutating func listing(_ elements: [String]) -> String {
        elements.map { spaces() + $0 + spaces() }.joined(separator: ",")
    }

    /// Percent-encodes all bytes that need it, and some others.
    private mutating func encoded(_ text: String) -> String {
        var result: [UInt8] = []
        let isLazy = Bool.random(using: &self)
        for byte in text.utf8 {
            if byte == UInt8(ascii: " "), Bool.random(using: &self) {
                result.append(UInt8(ascii: "+"))
            } else if "%&+# ".utf8.contains(byte) || byte < 0x20 || (!isLazy && chance(4)) {
                let code = hexadecimal([byte])
                result += Array("%\(Bool.random(using: &self) ? code : code.uppercased())".utf8)
            } else {
                result.append(byte)
            }
        }
        // All bytes of a character are encoded or none, as a part of them is not valid UTF-8.
        return String(validating: result, as: UTF8.self) ?? PercentCoding.encode(text)
    }

    private mutating func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            if scalar == "\"" || scalar == "\\" || chance(8) { result += "\\" }
            result.unicodeScalars.append(scalar)
        }
        return result + "\""
    }

    private mutating func spelling(ofName name: String) -> String {
        let isPlain =
            !name.contains("->")
            && name.utf8.allSatisfy { $0 >= 0x80 || $0.isASCIILetter || $0.isASCIIDigit || "_$-".utf8.contains($0) }
        return isPlain && !chance(4) ? name : quoted(name)
    }

    private mutating func spelling(of selected: SelectedColumn) -> String {
        let alias = selected.alias.map { spelling(ofName: $0) + ":" } ?? ""
        return alias + spelling(ofName: selected.column.name) + (selected.cast.map { "::\($0.rawValue)" } ?? "")
    }

    private mutating func spelling(of order: Order) -> String {
        spelling(ofName: order.column.name) + (order.isDescending ? ".desc" : some(["", ".asc"]))
            + (order.nullsFirst.map { $0 ? ".nullsfirst" : ".nullslast" } ?? "")
    }

    private mutating func parameter(_ condition: Condition) -> String {
        switch condition {
        case .filter(let filter):
            encoded(spelling(ofName: filter.column.name)) + "=" + encoded(spelling(of: filter, in: .parameter))
        case .group(let connective, let isNegated, let members):
            (isNegated ? "not." : "") + connective.rawValue + "=" + encoded(spaces() + spelling(of: members))
        }
    }

    private mutating func spelling(of members: [Condition]) -> String {
        let members = members.map { member in
            switch member {
            case .filter(let filter):
                // A space after an unquoted value would be a part of it.
                spaces() + spelling(ofName: filter.column.name) + "." + spelling(of: filter, in: .group)
            case .group(let connective, let isNegated, let members):
                spaces() + (isNegated ? "not." : "") + connective.rawValue + spaces() + spelling(of: members) + spaces()
            }
        }
        return "(" + members.joined(separator: ",") + ")"
    }

    private mutating func spelling(of filter: Filter, in place: QueryParser.Place) -> String {
        let negation = filter.isNegated ? "not." : ""
        switch filter.test {
        case .state(let state):
            return negation + "is." + (chance(3) ? state.rawValue.uppercased() : state.rawValue)
        case .list(let values): return negation + "in." + spaces() + spelling(ofList: values) + spaces()
        case .value(let comparison, let value):
            return negation + comparison.rawValue + "." + spelling(ofValue: value, in: place)
        case .values(let comparison, let quantifier, let values):
            let array = "{" + values.map { spaces() + spelling(ofElement: $0) + spaces() }.joined(separator: ",") + "}"
            return negation + "\(comparison.rawValue)(\(quantifier.rawValue))."
                + (place == .group && chance(2) ? quoted(array) : array)
        }
    }

    private mutating func spelling(ofValue value: String, in place: QueryParser.Place) -> String {
        guard place == .group else { return value }
        let isPlain = !value.utf8.contains { ",)".utf8.contains($0) } && !value.hasPrefix("\"") && !value.hasPrefix("{")
        return isPlain && !chance(4) ? value : quoted(value)
    }

    private mutating func spelling(ofList values: [String]) -> String {
        let elements = values.enumerated().map { index, value in
            let isPlain =
                !value.utf8.contains { ",)".utf8.contains($0) } && value.utf8.first != UInt8(ascii: "\"")
                && (index > 0 || value.utf8.first != UInt8(ascii: " ")) && (values.count > 1 || !value.isEmpty)
            return isPlain && !chance(4) ? value : quoted(value)
        }
        return "(" + (values.isEmpty ? spaces() : "") + elements.joined(separator: ",") + ")"
    }

    /// The text as it is, with the backslashes it needs, or in quotes.
    private mutating func spelling(ofElement value: String) -> String {
        guard !value.isEmpty, !chance(3) else { return quoted(value) }
        var result = ""
        let (first, last) = (
            value.unicodeScalars.startIndex, value.unicodeScalars.index(before: value.unicodeScalars.endIndex)
        )
        let isNull = value.lowercased() == "null"
        for index in value.unicodeScalars.indices {
            let scalar = value.unicodeScalars[index]
            let isEdge = index == first || index == last
            if ",{}\"\\".unicodeScalars.contains(scalar) || isEdge && (scalar == " " || isNull) || chance(16) {
                result += "\\"
            }
            result.unicodeScalars.append(scalar)
        }
        return result
    }

    // Mutations

    /// The text with a few bytes removed, doubled, swapped or replaced by syntax.
    mutating func mutated(_ text: String) -> String {
        var bytes = Array(text.utf8)
        let signs = Array("().,\"\\{}=&%+:*-> not.isn0§\u{0}'$;".utf8)
        for _ in 0..<Int.random(in: 1...2, using: &self) where !bytes.isEmpty {
            let place = Int.random(in: 0..<bytes.count, using: &self)
            switch Int.random(in: 0..<5, using: &self) {
            case 0: bytes.remove(at: place)
            case 1: bytes.insert(some(signs), at: place)
            case 2: bytes[place] = some(signs)
            case 3: bytes.swapAt(place, Int.random(in: 0..<bytes.count, using: &self))
            default:
                let end = min(bytes.count, place + Int.random(in: 1...12, using: &self))
                bytes.insert(contentsOf: bytes[place..<end], at: Int.random(in: 0...bytes.count, using: &self))
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
