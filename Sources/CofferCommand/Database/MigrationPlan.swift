// Decides which files of SQL to apply, by comparing those of the database with those of this program.

/// A file of SQL.
struct AppliedFile: Equatable {
    /// Name of the file, `NNNN-name.sql` or `NN-topic.sql`.
    let name: String
    /// SHA-256 of the file in hexadecimal.
    let checksum: String
}

/// The files of SQL that a database has, or that this program contains.
struct SchemaFiles: Equatable {
    /// In the order of their numbers.
    var migrations: [AppliedFile] = []
    /// The files of `sql/code`, in the order of their names.
    var code: [AppliedFile] = []
}

struct MigrationPlan: Equatable {
    /// The migrations that the database lacks, in order.
    let migrations: [String]
    /// The files of `sql/code` that the database lacks or has with other contents, in order.
    let changedCode: [String]
    /// The files of `sql/code` that the database has and this program does not contain.
    let removedCode: [String]

    var isEmpty: Bool { migrations.isEmpty && changedCode.isEmpty && removedCode.isEmpty }

    /// - Throws: if the database was made before the first release, is newer than this program, has a migration with
    ///   other contents, or lacks a migration that comes before one that it has.
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

    /// The first migration of every database that was made before the migrations were rewritten for the first release.
    private static let beforeFirstRelease = "0001-roles.sql"

    private static let refusal =
        "This database was made by a version of Coffer before its first release, and cannot be upgraded. Save each "
        + "user's files with that version (coffer export EMAIL DIRECTORY), make a new database and an empty store, run "
        + "coffer migrate, and bring the files in (coffer import EMAIL DIRECTORY)."
}
