// The cursor of the query grammar: one decoded value of the query string, read from left to right. The grammar itself
// is in FilterGrammar.swift, GroupGrammar.swift and SelectionGrammar.swift, by recursive descent.

internal import Text

/// Reads one value of the query string. Every refusal says what was expected, and where.
///
/// Works on bytes: all that means something is ASCII, so text is never cut within a character.
struct QueryParser {
    private let subject: String
    private let source: String
    private let bytes: [UInt8]
    private var position = 0

    /// - Parameter subject: what the value is, for refusals: `order`, `filter` …
    init(_ subject: String, _ text: String) {
        self.subject = subject
        source = text
        bytes = Array(text.utf8)
    }

    var next: UInt8? { position < bytes.count ? bytes[position] : nil }

    var isAtEnd: Bool { next == nil }

    private var place: String {
        // Bytes that continue a character are not counted.
        let column = bytes[..<position].count { $0 & 0xC0 != 0x80 } + 1
        return "\"failed to parse \(subject) (\(source))\" (line 1, column \(column))"
    }

    func expected(_ what: String) -> Failure {
        let rest = String(decoding: bytes[position...].prefix(4), as: UTF8.self)
        let found = rest.unicodeScalars.first.map { "\"\($0)\"" } ?? "end of input"
        return Failure(.querySyntax, place, details: "unexpected \(found) expecting \(what)")
    }

    /// For what PostgREST knows and Coffer does not.
    func unsupported(_ what: String) -> Failure {
        Failure(.querySyntax, place, details: "\(what) not supported")
    }

    func refused(_ details: String) -> Failure { Failure(.querySyntax, place, details: details) }

    mutating func take(_ prefix: String) -> Bool {
        guard bytes[position...].starts(with: prefix.utf8) else { return false }
        position += prefix.utf8.count
        return true
    }

    mutating func skipSpaces() {
        while next == UInt8(ascii: " ") { position += 1 }
    }

    /// The bytes up to the first for which `isEnd` holds; it must hold for no byte beyond ASCII.
    mutating func text(until isEnd: (UInt8) -> Bool) -> String {
        let run = bytes[position...].prefix { !isEnd($0) }
        position += run.count
        return String(decoding: run, as: UTF8.self)
    }

    /// One character.
    mutating func character() -> String {
        let start = position
        repeat { position += next == nil ? 0 : 1 } while next.map { $0 & 0xC0 == 0x80 } ?? false
        return String(decoding: bytes[start..<position], as: UTF8.self)
    }

    mutating func remainder() -> String { text { _ in false } }

    /// A run of the letters that operators and keywords are made of.
    mutating func word() -> String {
        text { !($0.isASCIILetter || $0.isASCIIDigit || $0 == UInt8(ascii: "_")) }
    }

    /// What stands between quotes, `\` taking the next character as it is; nil, with the place unchanged, where the
    /// closing quote is missing.
    mutating func quoted() -> String? {
        let start = position
        var content: [UInt8] = []
        guard take("\"") else { return nil }
        while let byte = next {
            position += 1
            if byte == UInt8(ascii: "\"") { return String(decoding: content, as: UTF8.self) }
            if byte == UInt8(ascii: "\\") {
                guard let escaped = next else { break }
                content.append(escaped)
                position += 1
            } else {
                content.append(byte)
            }
        }
        position = start
        return nil
    }

    /// A column or an alias: letters, digits, `_`, `$`, `-` and all beyond ASCII, or anything between quotes.
    ///
    /// - Returns: nil where there is none.
    mutating func name() throws(Failure) -> String? {
        if next == UInt8(ascii: "\"") {
            guard let name = quoted() else { throw expected("a closing quote") }
            return name
        }
        let start = position
        while let byte = next, byte >= 0x80 || byte.isASCIILetter || byte.isASCIIDigit || "_$-".utf8.contains(byte) {
            // A hyphen belongs to the name, an arrow does not.
            if byte == UInt8(ascii: "-"), bytes[position...].starts(with: "->".utf8) { break }
            position += 1
        }
        return start == position ? nil : String(decoding: bytes[start..<position], as: UTF8.self)
    }

    /// A column, where it stands alone: not in a path of JSON, and not in front of another table's columns.
    mutating func column(of relation: Relation, expecting what: String = "a column name") throws(Failure) -> Column {
        let start = self
        guard let name = try name() else { throw expected(what) }
        try refuseEmbedding(from: start)
        return try relation.column(name)
    }

    /// Refuses what may stand behind a name in PostgREST only.
    func refuseEmbedding(from start: QueryParser) throws(Failure) {
        switch next {
        case UInt8(ascii: "("), UInt8(ascii: "!"): throw start.unsupported("embedding another table is")
        case UInt8(ascii: "-"): throw unsupported("JSON arrows are")
        default: return
        }
    }

    /// Elements between commas, up to the end.
    mutating func list<Element>(
        atMost maximum: Int, _ element: (inout QueryParser) throws(Failure) -> Element
    ) throws(Failure) -> [Element] {
        var elements: [Element] = []
        repeat {
            guard elements.count < maximum else { throw refused("there are more than \(maximum) elements") }
            skipSpaces()
            elements.append(try element(&self))
            skipSpaces()
        } while take(",")
        guard isAtEnd else { throw expected("\",\" or end of input") }
        return elements
    }
}
