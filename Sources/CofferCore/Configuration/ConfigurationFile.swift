// The configuration file. systemd can read every file that this accepts as an EnvironmentFile, with the same values.
// What the two would read differently is an error here: a backslash outside quotes, text after a closing quote, a value
// over several lines.

internal import Text

enum ConfigurationFile {
    struct Entry {
        let name: String
        let value: String
        let line: Int
    }

    /// All entries of the file in order. For a repeated option the caller takes the last one, as systemd does.
    ///
    /// - Throws: `ConfigurationError` for an unknown option, and for a line that is not `KEY=value`.
    static func parse(_ text: String, path: String) throws(ConfigurationError) -> [Entry] {
        var entries: [Entry] = []
        var number = 0
        for line in text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
            number += 1
            let origin = Configuration.Origin.file(path: path, line: number)
            let bare = trimmed(line)
            guard let first = bare.first, first != UInt8(ascii: "#"), first != UInt8(ascii: ";") else { continue }
            guard let equals = bare.firstIndex(of: UInt8(ascii: "=")) else {
                throw ConfigurationError(option: nil, problem: "a line must be KEY=value", origin: origin)
            }
            let name = String(decoding: trimmed(bare[..<equals]), as: UTF8.self)
            guard ConfigurationOption.all.contains(where: { $0.name == name }) else {
                throw ConfigurationError(option: name, problem: "is an unknown option", origin: origin)
            }
            do {
                let value = try unquoted(trimmed(bare[bare.index(after: equals)...]))
                entries.append(Entry(name: name, value: value, line: number))
            } catch {
                throw ConfigurationError(option: name, problem: error.text, origin: origin)
            }
        }
        return entries
    }

    private typealias Bytes = Substring.UTF8View
    private typealias Problem = ConfigurationOption.ValueProblem

    /// The bytes without spaces, tabs and carriage returns at either end.
    private static func trimmed(_ bytes: Bytes) -> Bytes {
        let isBlank = { (byte: UInt8) in byte == 0x20 || byte == 0x09 || byte == 0x0D }
        return bytes.trimming(isBlank)
    }

    private static func unquoted(_ value: Bytes) throws(Problem) -> String {
        guard let quote = value.first, quote == UInt8(ascii: "\"") || quote == UInt8(ascii: "'") else {
            if value.contains(UInt8(ascii: "\\")) { throw Problem("a value with a backslash must be in quotes") }
            return String(decoding: value, as: UTF8.self)
        }
        let escapes = quote == UInt8(ascii: "\"")
        var result: [UInt8] = []
        var rest = value.dropFirst()
        while let byte = rest.popFirst() {
            if byte == quote {
                guard rest.isEmpty else { throw Problem("has text after the closing quote") }
                return String(decoding: result, as: UTF8.self)
            }
            if escapes, byte == UInt8(ascii: "\\"), let next = rest.first, isEscapable(next) {
                rest.removeFirst()
                result.append(next)
            } else {
                result.append(byte)
            }
        }
        throw Problem("lacks the closing quote")
    }

    /// Whether a backslash before this byte escapes it inside double quotes. Before other bytes a backslash is literal.
    private static func isEscapable(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "$"), UInt8(ascii: "`"): true
        default: false
        }
    }
}
