import FoundationEssentials
import Testing

@testable import CofferCommand
@testable import CofferSchema

@Suite struct MigrationPlanTests {
    private let known = SchemaFiles(
        migrations: [
            AppliedFile(name: "0001-a.sql", checksum: "aa"), AppliedFile(name: "0002-b.sql", checksum: "bb"),
            AppliedFile(name: "0003-c.sql", checksum: "cc"),
        ],
        code: [AppliedFile(name: "01-x.sql", checksum: "xx"), AppliedFile(name: "02-y.sql", checksum: "yy")])

    private func plan(_ migrations: [AppliedFile], _ code: [AppliedFile] = []) throws(Failure) -> MigrationPlan {
        try MigrationPlan(applied: SchemaFiles(migrations: migrations, code: code), known: known)
    }

    private func failure(_ migrations: [AppliedFile]) -> String? {
        do {
            _ = try plan(migrations)
            return nil
        } catch {
            return error.message
        }
    }

    @Test func `a fresh database gets all files, a current one nothing, and an older one the rest in order`() throws {
        #expect(try plan([]).migrations == known.migrations.map(\.name))
        #expect(try plan([]).changedCode == known.code.map(\.name))
        #expect(try plan(known.migrations, known.code).isEmpty)
        #expect(try plan([known.migrations[0]], known.code).migrations == ["0002-b.sql", "0003-c.sql"])
    }

    @Test func `a migration that was changed after it had been applied is named`() {
        let text = failure([known.migrations[0], AppliedFile(name: "0002-b.sql", checksum: "xx")])
        #expect(text == "The migration 0002-b.sql was changed after it had been applied.")
    }

    @Test func `a database that is newer than the program is refused`() {
        let text = failure(known.migrations + [AppliedFile(name: "0004-d.sql", checksum: "dd")])
        #expect(text == "The database is newer than this program: it has 0004-d.sql.")
    }

    @Test func `a database with a gap is refused`() {
        #expect(
            failure([known.migrations[0], known.migrations[2]])
                == "The database has 0003-c.sql but lacks 0002-b.sql, which comes before it.")
    }

    @Test func `a database from before the first release is refused with what to do`() throws {
        let text = try #require(failure([AppliedFile(name: "0001-roles.sql", checksum: "aa")]))
        #expect(text.contains("before its first release") && text.contains("coffer export"))
    }

    @Test func `changed, new and removed files of code are distinguished`() throws {
        let applied = [AppliedFile(name: "01-x.sql", checksum: "old"), AppliedFile(name: "00-w.sql", checksum: "ww")]
        let plan = try plan(known.migrations, applied)
        #expect(plan.migrations.isEmpty)
        #expect(plan.changedCode == ["01-x.sql", "02-y.sql"])
        #expect(plan.removedCode == ["00-w.sql"])
    }

    @Test func `the embedded files are those of sql, in order and byte for byte`() throws {
        let sql = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "sql")
        func bytes(_ path: String) throws -> [UInt8] { [UInt8](try Data(contentsOf: sql.appending(path: path))) }
        #expect(try Array(SQLFile.roles.text.utf8) == bytes("roles.sql"))
        #expect(try Array(SQLFile.dropCode.text.utf8) == bytes("drop-code.sql"))
        for (directory, files) in [("migrations", SQLFile.migrations), ("code", SQLFile.code)] {
            let names = try FileManager.default.contentsOfDirectory(atPath: sql.appending(path: directory).path)
            #expect(files.map(\.name) == names.sorted())
            for file in files { #expect(try Array(file.text.utf8) == bytes("\(directory)/\(file.name)")) }
        }
    }

    @Test func `no function is defined twice`() {
        let definition = /create (?:or replace )?function ([a-z_]+\.[a-z0-9_]+)\(/
        let names = (SQLFile.migrations + SQLFile.code).flatMap { file in
            file.text.matches(of: definition).map { String($0.output.1) }
        }
        #expect(names.count > 90)
        #expect(Dictionary(grouping: names) { $0 }.filter { $1.count > 1 }.keys.isEmpty)
    }
}
