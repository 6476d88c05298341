// Which migrations are to be applied: pure comparison of what the database has with what this program knows.

/// A migration as the two sides compare it.
struct MigrationRecord: Equatable {
    /// Name of the file, `NNNN-name.sql`.
    let name: String
    /// SHA-256 of the file in hex.
    let checksum: String
}

enum MigrationPlan {
    /// The known migrations that the database lacks, in their order.
    ///
    /// - Throws: when the database has one that is unknown (it is newer than the program) or has another text, or
    ///   lacks one that came before what it has.
    static func pending(applied: [MigrationRecord], known: [MigrationRecord]) throws(Failure) -> [MigrationRecord] {
        for migration in applied {
            guard let same = known.first(where: { $0.name == migration.name }) else {
                throw Failure("The database is newer than this program: it has \(migration.name), unknown here.")
            }
            if same.checksum != migration.checksum {
                throw Failure("The migration \(migration.name) was changed after it had been applied.")
            }
        }
        let pending = known.filter { migration in !applied.contains { $0.name == migration.name } }
        if let first = pending.first, let last = applied.map(\.name).max(), first.name < last {
            throw Failure("The database has \(last) but lacks \(first.name), which comes before it.")
        }
        return pending
    }
}
