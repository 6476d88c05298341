// Reads the small JSON texts of a request (token parts, arguments), and quotes strings for responses. Foundation has a
// JSON decoder, but loading Foundation would double the start-up time of a worker.

internal import Text

/// A JSON value (RFC 8259). Numbers keep their text, since 64-bit integers must not pass through a Double.
public enum JSON: Equatable, Sendable {
    case null
    case bool(Bool)
    case number(String)
    case string(String)
    case array([JSON])
    case object([String: JSON])

    public var string: String? { if case .string(let text) = self { text } else { nil } }

    /// The number as an integer, such as `15`, `1e3` or `2.0`. nil if this is not a number, is not a whole one, or does
    /// not fit into 64 bits.
    public var integer: Int64? {
        guard case .number(let text) = self else { return nil }
        if let value = Int64(text) { return value }
        return Double(text).flatMap { Int64(exactly: $0) }
    }

    public subscript(key: String) -> JSON? {
        if case .object(let members) = self { members[key] } else { nil }
    }

    /// The text is not valid JSON.
    public struct SyntaxError: Error, Equatable {
        /// The position of the error, in bytes from the start of the text.
        public let offset: Int
    }

    /// The deepest nesting that is read, so that no input can exhaust the stack.
    static let maximumDepth = 32

    /// Reads one value. Only white space may surround it.
    ///
    /// - Throws: `SyntaxError` if RFC 8259 does not allow the text, if an object has a name twice, if the text is not
    ///   valid UTF-8, or if it is nested deeper than 32 levels.
    public init(_ bytes: [UInt8]) throws(SyntaxError) {
        var reader = JSONReader(bytes)
        self = try reader.document()
    }

    /// Reads one object, whose few members are found faster by comparing than by hashing their names.
    ///
    /// - Returns: nil if the text is not valid, as for `init`, or not an object.
    static func members(_ bytes: [UInt8]) -> [(name: String, value: JSON)]? {
        var reader = JSONReader(bytes)
        return try? reader.members()
    }

    /// `text` as a JSON string with its quotes.
    public static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\r": result += "\\r"
            case "\t": result += "\\t"
            case _ where scalar.value < 0x20:
                result += "\\u" + hexadecimal([0, UInt8(truncatingIfNeeded: scalar.value)])
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}

/// A recursive descent parser that works on bytes.
private struct JSONReader {
    private let bytes: [UInt8]
    private var position = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    private var next: UInt8? { position < bytes.count ? bytes[position] : nil }
    private var failure: JSON.SyntaxError { JSON.SyntaxError(offset: position) }

    mutating func document() throws(JSON.SyntaxError) -> JSON {
        let result = try value(depth: 0)
        try end()
        return result
    }

    /// The members of the object that is the whole text.
    mutating func members() throws(JSON.SyntaxError) -> [(name: String, value: JSON)] {
        var members: [(name: String, value: JSON)] = []
        members.reserveCapacity(8)
        skipSpace()
        guard next == UInt8(ascii: "{") else { throw failure }
        try object(depth: 0) { name, value in
            guard !members.contains(where: { $0.name == name }) else { return false }
            members.append((name, value))
            return true
        }
        try end()
        return members
    }

    private mutating func end() throws(JSON.SyntaxError) {
        skipSpace()
        guard next == nil else { throw failure }
    }

    private mutating func skipSpace() {
        while let byte = next, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { position += 1 }
    }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard next == byte else { return false }
        position += 1
        return true
    }

    private mutating func expect(_ text: StaticString, _ result: JSON) throws(JSON.SyntaxError) -> JSON {
        for byte in "\(text)".utf8 where !take(byte) { throw failure }
        return result
    }

    private mutating func value(depth: Int) throws(JSON.SyntaxError) -> JSON {
        guard depth <= JSON.maximumDepth else { throw failure }
        skipSpace()
        switch next {
        case UInt8(ascii: "{"): return try object(depth: depth)
        case UInt8(ascii: "["): return try array(depth: depth)
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try expect("true", .bool(true))
        case UInt8(ascii: "f"): return try expect("false", .bool(false))
        case UInt8(ascii: "n"): return try expect("null", .null)
        default: return .number(try number())
        }
    }

    private mutating func object(depth: Int) throws(JSON.SyntaxError) -> JSON {
        var members: [String: JSON] = [:]
        try object(depth: depth) { members.updateValue($1, forKey: $0) == nil }
        return .object(members)
    }

    /// - Parameter add: returns false for a name that it has had before.
    private mutating func object(depth: Int, _ add: (String, JSON) -> Bool) throws(JSON.SyntaxError) {
        position += 1
        skipSpace()
        if take(UInt8(ascii: "}")) { return }
        repeat {
            skipSpace()
            guard next == UInt8(ascii: "\"") else { throw failure }
            let name = try string()
            skipSpace()
            guard take(UInt8(ascii: ":")), add(name, try value(depth: depth + 1)) else { throw failure }
            skipSpace()
        } while take(UInt8(ascii: ","))
        guard take(UInt8(ascii: "}")) else { throw failure }
    }

    private mutating func array(depth: Int) throws(JSON.SyntaxError) -> JSON {
        position += 1
        var elements: [JSON] = []
        skipSpace()
        if take(UInt8(ascii: "]")) { return .array(elements) }
        repeat {
            elements.append(try value(depth: depth + 1))
            skipSpace()
        } while take(UInt8(ascii: ","))
        guard take(UInt8(ascii: "]")) else { throw failure }
        return .array(elements)
    }

    private mutating func digits() throws(JSON.SyntaxError) {
        let start = position
        while let byte = next, byte.isASCIIDigit { position += 1 }
        guard position > start else { throw failure }
    }

    private mutating func number() throws(JSON.SyntaxError) -> String {
        let start = position
        _ = take(UInt8(ascii: "-"))
        if !take(UInt8(ascii: "0")) { try digits() }
        if take(UInt8(ascii: ".")) { try digits() }
        if take(UInt8(ascii: "e")) || take(UInt8(ascii: "E")) {
            if !take(UInt8(ascii: "+")) { _ = take(UInt8(ascii: "-")) }
            try digits()
        }
        return String(decoding: bytes[start..<position], as: UTF8.self)
    }

    private mutating func string() throws(JSON.SyntaxError) -> String {
        position += 1
        var content: [UInt8] = []
        while true {
            let run = position..<endOfRun
            position = run.upperBound
            if take(UInt8(ascii: "\"")) {
                if content.isEmpty { return try text(bytes.span.extracting(run)) }
                content += bytes[run]
                return try text(content.span)
            }
            guard take(UInt8(ascii: "\\")) else { throw failure }
            content += bytes[run]
            try escape(into: &content)
        }
    }

    /// Where the bytes end that stand for themselves in a string.
    private var endOfRun: Int {
        let bytes = bytes.span
        var end = position
        while end < bytes.count {
            let byte = bytes[end]
            if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") || byte < 0x20 { break }
            end += 1
        }
        return end
    }

    private func text(_ bytes: Span<UInt8>) throws(JSON.SyntaxError) -> String {
        guard let text = String(utf8: bytes) else { throw failure }
        return text
    }

    private mutating func escape(into content: inout [UInt8]) throws(JSON.SyntaxError) {
        guard let byte = next else { throw failure }
        position += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): content.append(byte)
        case UInt8(ascii: "b"): content.append(0x08)
        case UInt8(ascii: "f"): content.append(0x0C)
        case UInt8(ascii: "n"): content.append(0x0A)
        case UInt8(ascii: "r"): content.append(0x0D)
        case UInt8(ascii: "t"): content.append(0x09)
        case UInt8(ascii: "u"): content += Array(String(try scalar()).utf8)
        default: throw failure
        }
    }

    /// The scalar of a `\u` escape. A high surrogate must be followed by the escape of a low one.
    private mutating func scalar() throws(JSON.SyntaxError) -> Character {
        var value = try codeUnit()
        if (0xD800..<0xDC00).contains(value) {
            guard take(UInt8(ascii: "\\")), take(UInt8(ascii: "u")) else { throw failure }
            let low = try codeUnit()
            guard (0xDC00..<0xE000).contains(low) else { throw failure }
            value = 0x10000 + (value - 0xD800) << 10 + (low - 0xDC00)
        }
        guard let scalar = Unicode.Scalar(value) else { throw failure }
        return Character(scalar)
    }

    private mutating func codeUnit() throws(JSON.SyntaxError) -> UInt32 {
        var value: UInt32 = 0
        for _ in 0..<4 {
            guard let digit = next?.hexadecimalValue else { throw failure }
            value = value << 4 + UInt32(digit)
            position += 1
        }
        return value
    }
}
