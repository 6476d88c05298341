// JSON that is written. Members keep their order, so that equal documents have equal bytes.

internal import CofferCore

/// A JSON value (RFC 8259) whose objects are ordered.
enum OrderedJSON: Equatable, Sendable {
    case null
    case bool(Bool)
    case integer(Int64)
    case string(String)
    case array([OrderedJSON])
    case object([Member])

    struct Member: Equatable, Sendable {
        let name: String
        let value: OrderedJSON
    }

    /// An object. A dictionary literal does the same for members that are known at compile time.
    static func members(_ pairs: [(String, OrderedJSON)]) -> OrderedJSON {
        .object(pairs.map { Member(name: $0.0, value: $0.1) })
    }

    /// A reference to a component of the document.
    static func reference(_ kind: String, _ name: String) -> OrderedJSON {
        ["$ref": .string("#/components/\(kind)/\(name)")]
    }

    /// The value as JSON without white space.
    var text: String {
        var text = ""
        write(to: &text)
        return text
    }

    private func write(to text: inout String) {
        switch self {
        case .null: text += "null"
        case .bool(let value): text += value ? "true" : "false"
        case .integer(let value): text += String(value)
        case .string(let value): text += JSON.quoted(value)
        case .array(let elements):
            text += "["
            for (index, element) in elements.enumerated() {
                if index > 0 { text += "," }
                element.write(to: &text)
            }
            text += "]"
        case .object(let members):
            text += "{"
            for (index, member) in members.enumerated() {
                if index > 0 { text += "," }
                text += JSON.quoted(member.name) + ":"
                member.value.write(to: &text)
            }
            text += "}"
        }
    }

    /// An object with the members of both objects.
    static func + (left: OrderedJSON, right: OrderedJSON) -> OrderedJSON {
        guard case .object(let first) = left, case .object(let second) = right else { return left }
        return .object(first + second)
    }
}

extension OrderedJSON: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral,
    ExpressibleByNilLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
    init(stringLiteral value: String) { self = .string(value) }
    init(integerLiteral value: Int64) { self = .integer(value) }
    init(booleanLiteral value: Bool) { self = .bool(value) }
    init(nilLiteral: ()) { self = .null }
    init(arrayLiteral elements: OrderedJSON...) { self = .array(elements) }
    init(dictionaryLiteral elements: (String, OrderedJSON)...) { self = .members(elements) }
}
