import FoundationEssentials
import Testing

@testable import CofferCore

struct SchemaTests {
    @Test func `the level is the number of the newest migration`() throws {
        let root = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
        let names = try FileManager.default.contentsOfDirectory(atPath: "/\(root)/sql/migrations")
        let numbers = names.filter { $0.hasSuffix(".sql") }.compactMap { Int64($0.prefix(4)) }.sorted()
        #expect(numbers == Array(1...Schema.level))
    }
}
