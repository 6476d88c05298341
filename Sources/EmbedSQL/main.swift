// embed-sql text|level DIRECTORY OUTPUT: writes the files of sql/ as Swift. The build runs it.
//
// `text` is every file as a string literal, which compiles fast; SwiftPM's own `.embedInCode` makes an array literal of
// every byte, which takes minutes. `level` is the number of the newest migration and the digest of
// code/, which the worker compares with the database's.

import Cryptography
import FoundationEssentials

struct SourceFile {
    let name: String
    let text: String

    init(_ directory: String, _ name: String) throws {
        self.name = name
        text = String(decoding: try Data(contentsOf: URL(filePath: "\(directory)/\(name)")), as: UTF8.self)
    }

    /// The files of a directory in the order in which they are applied, that of their names.
    static func all(_ directory: String) throws -> [SourceFile] {
        try FileManager.default.contentsOfDirectory(atPath: directory).filter { $0.hasSuffix(".sql") }.sorted().map {
            try SourceFile(directory, $0)
        }
    }

    var literal: String { "SQLFile(name: \"\(name)\", text: #####\"\"\"\n\(text)\n\"\"\"#####)" }
}

/// SHA-256 in hexadecimal.
func digest(_ text: String) -> String {
    sha256(Array(text.utf8).span).map { $0 < 16 ? "0\(String($0, radix: 16))" : String($0, radix: 16) }.joined()
}

func textSource(_ directory: String) throws -> String {
    func list(_ name: String) throws -> String {
        "[\n" + (try SourceFile.all("\(directory)/\(name)")).map { $0.literal + ",\n" }.joined() + "]"
    }
    return """
        extension SQLFile {
        public static let roles = \(try SourceFile(directory, "roles.sql").literal)
        public static let dropCode = \(try SourceFile(directory, "drop-code.sql").literal)
        public static let migrations = \(try list("migrations"))
        public static let code = \(try list("code"))
        }

        """
}

func levelSource(_ directory: String) throws -> String {
    let migration = try SourceFile.all("\(directory)/migrations").last.flatMap { Int64($0.name.prefix(4)) } ?? 0
    // As internal.schema_level computes it.
    let code = try SourceFile.all("\(directory)/code").map { "\($0.name) \(digest($0.text))\n" }.joined()
    return """
        extension SchemaLevel {
            static let expected = SchemaLevel(migration: \(migration), code: "\(digest(code))")
        }

        """
}

let arguments = CommandLine.arguments
let source = arguments[1] == "text" ? try textSource(arguments[2]) : try levelSource(arguments[2])
try Data(source.utf8).write(to: URL(filePath: arguments[3]))
