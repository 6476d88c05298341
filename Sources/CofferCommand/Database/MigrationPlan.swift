// What is to be applied: pure comparison of what the database has with what this program knows.

/// A file of SQL as the two sides compare it.
struct AppliedFile: Equatable {
    /// Name of the file, `NNNN-name.sql` or `NN-topic.sql`.
    let name: String
    /// SHA-256 of the file in hexadecimal.
    let checksum: String
}

/// What a database has, or what this program knows.
struct SchemaFiles: Equatable {
    /// In the order of their numbers.
    var migrations: [AppliedFile] = []
    /// The files of `sql/code`, in the order of their names.
    var code: [AppliedFile] = []
}

struct MigrationPlan: Equatable {
    /// The known migrations that the database lacks, in their order.
    let migrations: [String]
    /// The files of `sql/code` that the database lacks or has with another text, in their order.
    let changedCode: [String]
    /// Those that the database has and this program does not know.
    let removedCode: [String]

    var isEmpty: Bool { migrations.isEmpty && changedCode.isEmpty && removedCode.isEmpty }

    /// - Throws: when the database was made before the first release; when it has a migration that is unknown (it is
    ///   newer than the program) or has another text, or lacks one that comes before what it has.
    init(applied: SchemaFiles, known: SchemaFiles) throws(Failure) {
        if applied.migrations.contains(where: { $0.name == Self.beforeFirstRelease }) {
            throw Failure(Self.refusal)
        }
        for migration in applied.migrations {
            guard let same = known.migrations.first(where: { $0.name == migration.name }) else {
                throw Failure("The database is newer than this program: it has \(migration.name).")
            }
            if same.checksum != migration.checksum {
                throw Failure("The migration \(migration.name) was changed after it had been applied.")
            }
        }
        migrations = known.migrations.map(\.name).filter { name in !applied.migrations.contains { $0.name == name } }
        if let first = migrations.first, let last = applied.migrations.map(\.name).max(), first < last {
            throw Failure("The database has \(last) but lacks \(first), which comes before it.")
        }
        changedCode = known.code.filter { !applied.code.contains($0) }.map(\.name)
        removedCode = applied.code.map(\.name).filter { name in !known.code.contains { $0.name == name } }
    }

    /// The first migration of all databases that were made before the history was rewritten.
    private static let beforeFirstRelease = "0001-roles.sql"

    private static let refusal =
        "This database was made by an earlier Coffer, before its first release, and cannot be upgraded. Save each "
        + "user's files with that version (coffer export EMAIL FOLDER), make a new database and an empty store, run "
        + "coffer migrate, and bring the files in (coffer import EMAIL FOLDER)."
}
