// An independent check of a table query's SQL. It allows only known words, known literals, quoted aliases and
// parameters. This file imports nothing, as the fuzz target of the query parser is compiled with it, too.

struct StatementAudit {
    private let names: Set<String>
    private let parameters: Int
    private var rest: Substring.UTF8View
    private var seen: Set<Int> = []
    private var depth = 0
    /// The word, name or sign before the current position.
    private var last = ""

    private static let words = Set(
        """
        all and any api as asc bigint body boolean by case changed coalesce count delete desc distinct else end explain \
        false first format from ilike int int4 int8 integer is json json_agg last like limit line nfc normalize not now \
        null nulls offset or order page replace returning row_count select set string_agg text then time timestamp total \
        true unknown update uuid when where with zone
        """.split(separator: " ").map(String.init))

    private static let literals: Set<String> = ["'[]'", "''", "','", "'\"'", "'\"\"'", "'[\",\\r\\n]'", "E'\\r\\n'"]

    private init(_ text: String, parameters: Int, names: Set<String>) {
        self.names = names
        self.parameters = parameters
        rest = text[...].utf8
    }

    /// The error in a statement. nil if there is none.
    ///
    /// - Parameters:
    ///   - parameters: the number of bound values.
    ///   - names: the relation and the columns that the statement may name.
    static func flaw(in text: String, parameters: Int, names: Set<String>) -> String? {
        var audit = StatementAudit(text, parameters: parameters, names: names)
        while let byte = audit.rest.first {
            if let flaw = audit.flawOfToken(byte) { return "\(flaw), in: \(text)" }
        }
        if audit.depth != 0 { return "brackets are not closed, in: \(text)" }
        return audit.seen.count == parameters
            ? nil : "\(parameters) values for \(audit.seen.count) parameters, in: \(text)"
    }

    private mutating func flawOfToken(_ byte: UInt8) -> String? {
        switch byte {
        case UInt8(ascii: " "): rest = rest.dropFirst()
        case UInt8(ascii: "\""): return flawOfAlias()
        case UInt8(ascii: "'"): return flawOfLiteral()
        case UInt8(ascii: "E") where rest.dropFirst().first == UInt8(ascii: "'"): return flawOfLiteral()
        case UInt8(ascii: "$"): return flawOfParameter()
        case UInt8(ascii: "0")...UInt8(ascii: "9"):
            let number = run { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
            return ["limit", "offset"].contains(last) ? nil : "the number \(number)"
        case UInt8(ascii: "a")...UInt8(ascii: "z"):
            last = run {
                (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0)
                    || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
                    || $0 == UInt8(ascii: "_")
            }
            return Self.words.contains(last) || names.contains(last) ? nil : "the word \(last)"
        default: return flawOfSign(byte)
        }
        return nil
    }

    private mutating func flawOfSign(_ byte: UInt8) -> String? {
        rest = rest.dropFirst()
        last = String(decoding: [byte], as: UTF8.self)
        if byte == UInt8(ascii: "(") { depth += 1 }
        if byte == UInt8(ascii: ")") { depth -= 1 }
        return depth >= 0 && "()[],.=<>~*|:".utf8.contains(byte) ? nil : "the sign \(last)"
    }

    private mutating func flawOfAlias() -> String? {
        guard last == "as" else { return "a name in quotes where none is wanted" }
        let content = quoted(by: UInt8(ascii: "\""))
        last = "alias"
        guard let content, (1...63).contains(content.utf8.count), !content.utf8.contains(0) else {
            return "a broken alias"
        }
        return nil
    }

    private mutating func flawOfLiteral() -> String? {
        let prefix = run { $0 == UInt8(ascii: "E") }
        guard let content = quoted(by: UInt8(ascii: "'")) else { return "a literal without end" }
        last = "literal"
        let literal = "\(prefix)'\(content)'"
        return Self.literals.contains(literal) ? nil : "the literal \(literal)"
    }

    private mutating func flawOfParameter() -> String? {
        rest = rest.dropFirst()
        let number = Int(run { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) ?? 0
        guard (1...max(parameters, 1)).contains(number), parameters > 0 else { return "the parameter \(number)" }
        seen.insert(number)
        last = "parameter"
        return nil
    }

    private mutating func run(while belongs: (UInt8) -> Bool) -> String {
        let run = rest.prefix(while: belongs)
        rest = rest.dropFirst(run.count)
        return String(decoding: run, as: UTF8.self)
    }

    /// The text between quotes, with doubled quotes in it. nil if the closing quote is missing.
    private mutating func quoted(by quote: UInt8) -> String? {
        rest = rest.dropFirst()
        var content: [UInt8] = []
        while let byte = rest.popFirst() {
            if byte == quote {
                guard rest.first == quote else { return String(decoding: content, as: UTF8.self) }
                rest = rest.dropFirst()
            }
            content.append(byte)
        }
        return nil
    }
}
