// What is sent: SQL text that never changes, and values that travel beside it.

/// SQL text with `$1`-style parameters, and the name under which a connection prepares it.
public struct Statement: Sendable {
    /// Unique for the text within a program; "" is never prepared.
    public let name: String
    /// One SQL statement.
    public let sql: String

    public init(name: String = "", sql: String) {
        self.name = name
        self.sql = sql
    }
}

/// A value for `$n`. The statement gives `$n` its type, by a cast or by where it stands.
public enum Parameter: Equatable, Sendable {
    case null
    /// The text form of any type. U+0000 is refused with SQLSTATE 22021, as the server would.
    case text(String)
    /// The binary form of a `bytea`.
    case bytes([UInt8])
    /// The text form of any numeric type.
    case integer(Int64)

    /// The text form of an array of any type, from the text forms of its elements (PostgreSQL's manual, "Array Input
    /// and Output Syntax"). Each is quoted, so that none is taken for NULL.
    public static func array(_ elements: some Sequence<some CustomStringConvertible>) -> Parameter {
        let quoted = elements.map { element in
            // Not by characters: a quote with an accent is another one, and a quote for PostgreSQL.
            let escaped = element.description.unicodeScalars.flatMap { (scalar) -> [Unicode.Scalar] in
                ["\\", "\""].contains(scalar) ? ["\\", scalar] : [scalar]
            }
            return "\"\(String(String.UnicodeScalarView(escaped)))\""
        }
        return .text("{\(quoted.joined(separator: ","))}")
    }
}

/// A statement with its values.
public struct Query: Sendable {
    public let statement: Statement
    public let parameters: [Parameter]

    public init(_ statement: Statement, _ parameters: [Parameter] = []) {
        self.statement = statement
        self.parameters = parameters
    }

    /// The text parameters, for `redact`.
    var texts: some Sequence<String> {
        parameters.lazy.compactMap { if case .text(let text) = $0 { text } else { nil } }
    }
}
