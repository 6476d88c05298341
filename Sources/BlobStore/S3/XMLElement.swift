// The little XML that S3 speaks: elements and text, read from the front. No attributes, namespaces or entities of the
// document's own, so nothing that it says can make this do more than read it once.

struct XMLElement: Equatable {
    let name: String
    /// Without the white space around elements.
    var text = ""
    var children: [XMLElement] = []

    /// The text of the first child of that name.
    subscript(name: String) -> String? { children.first { $0.name == name }?.text }

    func all(_ name: String) -> [XMLElement] { children.filter { $0.name == name } }

    /// The root element; nil for what is no XML of this kind.
    static func parse(_ bytes: [UInt8]) -> XMLElement? {
        var reader = Reader(bytes: bytes)
        return reader.root()
    }

    private struct Reader {
        /// Deeper is nothing that S3 answers.
        private static let deepest = 16

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
                    guard open.count <= Self.deepest else { return nil }
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

        /// The five entities and numbers; what is neither stays.
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
