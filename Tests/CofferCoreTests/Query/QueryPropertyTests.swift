// Properties that hold for every query. Each case has a seed, which a failure reports, so that it can be repeated.

import TestSupport
import Testing
import Text

@testable import CofferCore

struct QueryPropertyTests {
    /// All statements of a query.
    private func statements(_ query: TableQuery) throws -> [BoundSQL] {
        let rowRange = try query.rowRange(range: nil, maximum: 1000)
        let relation = query.relation
        let body: [String: JSON] =
            switch relation.name {
            case "files": ["description": .string("§"), "file_path": .string("§")]
            case "users": ["quota_bytes": .null, "disabled": .bool(true)]
            default: [:]
            }
        let changes = try PatchBody(body: .object(body), columns: nil, relation: relation)
        return [
            query.select(rowRange, as: .json, counting: true), query.select(rowRange, as: .csv, counting: false),
            query.update(changes, as: .json), query.update(changes, as: .csv),
            query.delete(as: .json), query.delete(as: .csv),
        ]
    }

    private func flaws(_ query: TableQuery) throws -> [String] {
        let names = Set([query.relation.name] + (query.relation.columns + query.relation.writable).map(\.name))
        return try statements(query).compactMap { statement in
            StatementAudit.flaw(in: statement.text, parameters: statement.values.count, names: names)
                ?? (statement.values.contains { $0?.utf8.contains(0) == true } ? "a zero byte is bound" : nil)
        }
    }

    @Test func `every spelling of a query is parsed to the same tree`() throws {
        for seed in 0..<2000 {
            var random = RepeatableGenerator(seed: UInt64(seed))
            let tree = random.tree()
            let text = random.spelling(of: tree)
            let note: Comment = "seed \(seed): \(text)"
            guard let query = try? query(text, of: tree.relation) else {
                Issue.record(
                    "refused, \(note): \(String(describing: refusal { () throws(Failure) in try query(text, of: tree.relation) }))"
                )
                continue
            }
            #expect(query.selection == tree.selection, note)
            #expect(query.conditions == tree.conditions, note)
            #expect(query.orders == tree.orders, note)
            let rowRange = try query.rowRange(range: nil, maximum: 1000)
            #expect(rowRange.limit == min(tree.limit ?? 1000, 1000), note)
            #expect(rowRange.offset == tree.offset ?? 0, note)
        }
    }

    @Test func `every value is bound`() throws {
        for seed in 0..<500 {
            var random = RepeatableGenerator(seed: UInt64(seed) + 1_000_000)
            let tree = random.tree()
            let query = try query(random.spelling(of: tree), of: tree.relation)
            #expect(try flaws(query).isEmpty, "seed \(seed)")
            let values = try statements(query).last?.values.compactMap { $0 } ?? []
            for statement in try statements(query) {
                #expect(!statement.text.contains(RepeatableGenerator.marker), "seed \(seed)")
                for value in values where value.utf8.count > 16 && value.utf8.allSatisfy({ $0 < 0x80 }) {
                    #expect(!statement.text.contains(value), "seed \(seed)")
                }
            }
        }
    }

    @Test func `a randomly damaged query is refused, or its values are bound`() throws {
        var parsed = 0
        for seed in 0..<6000 {
            var random = RepeatableGenerator(seed: UInt64(seed) + 2_000_000)
            let tree = random.tree()
            let text = random.mutated(random.spelling(of: tree))
            guard let query = try? query(text, of: tree.relation) else { continue }
            parsed += 1
            #expect(try flaws(query).isEmpty, "seed \(seed): \(text)")
        }
        // Otherwise the mutations are too strong to test anything.
        #expect(parsed > 300)
    }

    @Test func `random bytes do not crash the parser`() {
        for seed in 0..<3000 {
            var random = RepeatableGenerator(seed: UInt64(seed) + 3_000_000)
            let relation = random.relation()
            let name = random.some(["select", "order", "and", "not.or", "id", "columns", random.text(length: 4)])
            for text in [
                String(decoding: random.bytes(length: 24), as: UTF8.self),
                "\(name)=" + PercentCoding.encode(random.text(length: 16)),
                "id="
                    + PercentCoding.encode(random.some(["in.(", "eq(any).{", "is.", "not."]) + random.text(length: 8)),
            ] {
                _ = refusal { () throws(Failure) in try query(text, of: relation) }
            }
        }
    }

    @Test(arguments: [
        ("select files.id from api.files where files.id = $1; drop", 1),
        ("select files.id from api.files where true or 1", 0),
        ("select files.id -- ", 0), ("select files.blob from api.files", 0), ("select pg_sleep(1)", 0),
        ("select 'x'", 0),
        ("select files.id as \"a\"b\" from api.files", 0), ("select \"x\"", 0), ("select $2", 1), ("select $1", 2),
        ("select (files.id", 0), ("select files.id)", 0), ("select /* */ files.id", 0), ("select files.id as \"\"", 0),
    ])
    func `the audit finds what a statement must not contain`(text: String, values: Int) {
        #expect(StatementAudit.flaw(in: text, parameters: values, names: ["files", "id"]) != nil)
    }
}
