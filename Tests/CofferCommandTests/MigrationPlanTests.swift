import FoundationEssentials
import Testing

@testable import CofferCommand
@testable import CofferSchema

@Suite struct MigrationPlanTests {
    private let known = [
        MigrationRecord(name: "0001-a.sql", checksum: "aa"), MigrationRecord(name: "0002-b.sql", checksum: "bb"),
        MigrationRecord(name: "0003-c.sql", checksum: "cc"),
    ]

    private func failure(_ applied: [MigrationRecord]) -> String? {
        do {
            _ = try MigrationPlan.pending(applied: applied, known: known)
            return nil
        } catch {
            return error.message
        }
    }

    @Test func `a fresh database gets all, a current one nothing, an older one the rest in order`() throws {
        #expect(try MigrationPlan.pending(applied: [], known: known) == known)
        #expect(try MigrationPlan.pending(applied: known, known: known) == [])
        #expect(try MigrationPlan.pending(applied: [known[0]], known: known) == [known[1], known[2]])
    }

    @Test func `a migration that was changed after it had been applied is named`() {
        let text = failure([known[0], MigrationRecord(name: "0002-b.sql", checksum: "xx")])
        #expect(text == "The migration 0002-b.sql was changed after it had been applied.")
    }

    @Test func `a database that is newer than the program is refused`() {
        let text = failure(known + [MigrationRecord(name: "0004-d.sql", checksum: "dd")])
        #expect(text == "The database is newer than this program: it has 0004-d.sql, unknown here.")
    }

    @Test func `a database with a gap is refused`() {
        #expect(
            failure([known[0], known[2]])
                == "The database has 0003-c.sql but lacks 0002-b.sql, which comes before it.")
    }

    @Test func `the embedded migrations are the files, in order and byte for byte`() throws {
        let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "sql/migrations")
        let files = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
        #expect(migrations.map(\.name) == files)
        for migration in migrations {
            #expect(migration.text == [UInt8](try Data(contentsOf: folder.appending(path: migration.name))))
        }
    }
}
