// embed-sql text|level DIRECTORY OUTPUT: writes the files of sql/ as Swift. The build runs it.
//
// `text` is every file as a string literal: string literals compile in no time, while SwiftPM's own `.embedInCode` makes
// an array literal of every byte, which costs minutes. `level` is the number of the newest migration and the digest of
// code/, which the worker compares with the database's.

import Cryptography
import FoundationEssentials

struct SourceFile {
    let name: String
    let text: String

    init(_ folder: String, _ name: String) throws {
        self.name = name
        text = String(decoding: try Data(contentsOf: URL(filePath: "\(folder)/\(name)")), as: UTF8.self)
    }

    /// The files of a folder in the order in which they are applied, that of their names.
    static func all(_ folder: String) throws -> [SourceFile] {
        try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasSuffix(".sql") }.sorted().map {
            try SourceFile(folder, $0)
        }
    }

    var literal: String { "SQLFile(name: \"\(name)\", text: #####\"\"\"\n\(text)\n\"\"\"#####)" }
}

/// SHA-256 in hexadecimal.
func digest(_ text: String) throws -> String {
    var hash = try SHA256()
    hash.update(Array(text.utf8).span)
    return hash.finish().map { $0 < 16 ? "0\(String($0, radix: 16))" : String($0, radix: 16) }.joined()
}

func textSource(_ folder: String) throws -> String {
    func list(_ name: String) throws -> String {
        "[\n" + (try SourceFile.all("\(folder)/\(name)")).map { $0.literal + ",\n" }.joined() + "]"
    }
    return """
        extension SQLFile {
        public static let roles = \(try SourceFile(folder, "roles.sql").literal)
        public static let dropCode = \(try SourceFile(folder, "drop-code.sql").literal)
        public static let migrations = \(try list("migrations"))
        public static let code = \(try list("code"))
        }

        """
}

func levelSource(_ folder: String) throws -> String {
    let migration = try SourceFile.all("\(folder)/migrations").last.flatMap { Int64($0.name.prefix(4)) } ?? 0
    // As internal.schema_level computes it.
    let code = try SourceFile.all("\(folder)/code").map { "\($0.name) \(try digest($0.text))\n" }.joined()
    return """
        extension SchemaLevel {
            static let expected = SchemaLevel(migration: \(migration), code: "\(try digest(code))")
        }

        """
}

let arguments = CommandLine.arguments
let source = arguments[1] == "text" ? try textSource(arguments[2]) : try levelSource(arguments[2])
try Data(source.utf8).write(to: URL(filePath: arguments[3]))
