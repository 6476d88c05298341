// The part of XML that S3 uses: elements, text and the predefined entities. Attributes, namespaces and DOCTYPE are
// ignored, so a document cannot expand itself or load another one.

struct XMLElement: Equatable {
    let name: String
    /// Empty if the element has children.
    var text = ""
    var children: [XMLElement] = []

    /// The text of the first child with this name.
    subscript(name: String) -> String? { children.first { $0.name == name }?.text }

    func all(_ name: String) -> [XMLElement] { children.filter { $0.name == name } }

    /// The root element. nil if the document is malformed, or nested deeper than 16 elements.
    static func parse(_ bytes: [UInt8]) -> XMLElement? {
        var reader = Reader(bytes: bytes)
        return reader.root()
    }

    private struct Reader {
        /// No answer of S3 is nested deeper.
        private static let maximumDepth = 16

        let bytes: [UInt8]
        var position = 0
        var open: [XMLElement] = []

        mutating func root() -> XMLElement? {
            while position < bytes.count {
                let text = take(until: "<")
                if !open.isEmpty { open[open.count - 1].text += text }
                guard position < bytes.count else { return nil }
                position += 1
                let tag = take(until: ">")
                guard position < bytes.count else { return nil }
                position += 1
                if tag.hasPrefix("?") || tag.hasPrefix("!") { continue }
                if tag.hasPrefix("/") {
                    guard let done = close(String(tag.dropFirst())) else { return nil }
                    if open.isEmpty { return done }
                    open[open.count - 1].children.append(done)
                } else {
                    let isEmpty = tag.hasSuffix("/")
                    let name = tag.prefix { !$0.isWhitespace && $0 != "/" }
                    open.append(XMLElement(name: String(name.split(separator: ":").last ?? "")))
                    guard open.count <= Self.maximumDepth else { return nil }
                    if isEmpty, let done = open.popLast() {
                        if open.isEmpty { return done }
                        open[open.count - 1].children.append(done)
                    }
                }
            }
            return nil
        }

        private mutating func close(_ tag: String) -> XMLElement? {
            let name = tag.prefix { !$0.isWhitespace }.split(separator: ":").last ?? ""
            guard var done = open.popLast(), done.name == name else { return nil }
            done.text = done.children.isEmpty ? decoded(done.text) : ""
            return done
        }

        private mutating func take(until end: Character) -> String {
            let end = end.asciiValue ?? 0
            let stop = bytes[position...].firstIndex(of: end) ?? bytes.count
            defer { position = stop }
            return String(decoding: bytes[position..<stop], as: UTF8.self)
        }

        /// Decodes the predefined entities and character references (XML 1.0, section 4.6). Others stay as they are.
        private func decoded(_ text: String) -> String {
            guard text.contains("&") else { return text }
            var result = ""
            var rest = text[...]
            while let ampersand = rest.firstIndex(of: "&") {
                result += rest[..<ampersand]
                rest = rest[ampersand...]
                guard let end = rest.firstIndex(of: ";"), let value = character(rest[..<end].dropFirst()) else {
                    result.append(rest.removeFirst())
                    continue
                }
                result.append(value)
                rest = rest[rest.index(after: end)...]
            }
            return result + rest
        }

        private func character(_ name: Substring) -> Character? {
            switch name {
            case "amp": return "&"
            case "lt": return "<"
            case "gt": return ">"
            case "quot": return "\""
            case "apos": return "'"
            default:
                guard name.hasPrefix("#") else { return nil }
                let digits = name.dropFirst()
                let number = digits.hasPrefix("x") ? UInt32(digits.dropFirst(), radix: 16) : UInt32(digits)
                return number.flatMap { Unicode.Scalar($0) }.map { Character($0) }
            }
        }
    }
}
