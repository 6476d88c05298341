// The cursor of the query parser, a recursive descent parser. The grammar is in FilterGrammar.swift, GroupGrammar.swift
// and SelectionGrammar.swift.

internal import Text

/// Reads one decoded value of the query string from left to right. Errors say what was expected, and where.
///
/// It works on bytes. All syntax is ASCII, so text is never cut within a character.
struct QueryParser {
    private let subject: String
    private let source: String
    private let bytes: [UInt8]
    private var position = 0

    /// - Parameter subject: the value's role, for error messages: `order`, `filter` …
    init(_ subject: String, _ text: String) {
        self.subject = subject
        source = text
        bytes = Array(text.utf8)
    }

    var next: UInt8? { position < bytes.count ? bytes[position] : nil }

    var isAtEnd: Bool { next == nil }

    private var place: String {
        // Continuation bytes of UTF-8 are not counted.
        let column = bytes[..<position].count { $0 & 0xC0 != 0x80 } + 1
        return "\"failed to parse \(subject) (\(source))\" (line 1, column \(column))"
    }

    func expected(_ what: String) -> Failure {
        let rest = String(decoding: bytes[position...].prefix(4), as: UTF8.self)
        let found = rest.unicodeScalars.first.map { "\"\($0)\"" } ?? "end of input"
        return Failure(.querySyntax, place, details: "unexpected \(found) expecting \(what)")
    }

    /// The error for a feature of PostgREST that Coffer does not have.
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

    /// The text before the first byte for which `isEnd` holds, which must be ASCII.
    mutating func text(until isEnd: (UInt8) -> Bool) -> String {
        let run = bytes[position...].prefix { !isEnd($0) }
        position += run.count
        return String(decoding: run, as: UTF8.self)
    }

    /// The next Unicode scalar. Empty at the end.
    mutating func character() -> String {
        let start = position
        repeat { position += next == nil ? 0 : 1 } while next.map { $0 & 0xC0 == 0x80 } ?? false
        return String(decoding: bytes[start..<position], as: UTF8.self)
    }

    mutating func remainder() -> String { text { _ in false } }

    /// A run of letters, digits and `_`: an operator or a keyword.
    mutating func word() -> String {
        text { !($0.isASCIILetter || $0.isASCIIDigit || $0 == UInt8(ascii: "_")) }
    }

    /// The text between quotes, in which `\` escapes the next character. nil if there are no quotes or the closing one
    /// is missing; then the position is unchanged.
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

    /// The name of a column or an alias: letters, digits, `_`, `$`, `-` and everything beyond ASCII, or a text between
    /// quotes.
    ///
    /// - Returns: nil if there is no name.
    mutating func name() throws(Failure) -> String? {
        if next == UInt8(ascii: "\"") {
            guard let name = quoted() else { throw expected("a closing quote") }
            return name
        }
        let start = position
        while let byte = next, byte >= 0x80 || byte.isASCIILetter || byte.isASCIIDigit || "_$-".utf8.contains(byte) {
            // A hyphen is part of a name, but `->` is an operator.
            if byte == UInt8(ascii: "-"), bytes[position...].starts(with: "->".utf8) { break }
            position += 1
        }
        return start == position ? nil : String(decoding: bytes[start..<position], as: UTF8.self)
    }

    /// A column's name. An embedded table and a JSON path are refused.
    mutating func column(of relation: Relation, expecting what: String = "a column name") throws(Failure) -> Column {
        let start = self
        guard let name = try name() else { throw expected(what) }
        try refuseEmbedding(from: start)
        return try relation.column(name)
    }

    /// Refuses an embedded table or a JSON path, which PostgREST allows after a name.
    func refuseEmbedding(from start: QueryParser) throws(Failure) {
        switch next {
        case UInt8(ascii: "("), UInt8(ascii: "!"): throw start.unsupported("embedding another table is")
        case UInt8(ascii: "-"): throw unsupported("JSON arrows are")
        default: return
        }
    }

    /// Elements separated by commas, up to the end.
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
