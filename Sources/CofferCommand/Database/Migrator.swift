// Brings the database up to this program's schema: each migration in a transaction of its own, together with the
// line that records it, so that both are there or neither.

internal import CofferSchema
internal import Cryptography
internal import Postgres
internal import Text

struct Migrator {
    let owner: OwnerConnection

    /// Applies what is missing, and reports each migration's name once it is committed.
    func run(report: (String) -> Void) throws(Failure) {
        // A second migrator waits here until the first one's connection ends, and then finds nothing left to do.
        try execute("select pg_advisory_lock(\(Self.lock))")
        let known = try migrations.map { (migration) throws(Failure) in
            MigrationRecord(name: migration.name, checksum: try checksum(migration.text))
        }
        for record in try MigrationPlan.pending(applied: try applied(), known: known) {
            guard let migration = migrations.first(where: { $0.name == record.name }) else { continue }
            try apply(migration, checksum: record.checksum)
            report(record.name)
        }
    }

    /// Any number that no other program takes for its advisory locks; these are the letters of "coffer".
    private static let lock: Int64 = 0x636F_6666_6572

    /// The first migration makes the table of migrations, so before it there is none.
    private func applied() throws(Failure) -> [MigrationRecord] {
        let sql = """
            select from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
            where n.nspname = 'internal' and c.relname = 'migrations'
            """
        let tables: Rows
        do {
            tables = try owner.connection.run([Query(Statement(sql: sql))])[0]
        } catch {
            throw Failure(error)
        }
        if tables.count == 0 { return [] }
        let rows = try owner.call("select name, checksum from internal.migrations order by name")
        return (0..<rows.count).map {
            MigrationRecord(name: rows.text($0, 0) ?? "", checksum: rows.text($0, 1) ?? "")
        }
    }

    /// Name and checksum hold letters, digits, hyphens and dots only, so they need no quoting.
    private func apply(_ migration: Migration, checksum: String) throws(Failure) {
        do {
            try owner.connection.execute(
                script: """
                    begin;
                    \(String(decoding: migration.text, as: UTF8.self))
                    ;
                    set local role coffer_owner;
                    insert into internal.migrations (name, checksum) values ('\(migration.name)', '\(checksum)');
                    commit;
                    """)
        } catch {
            try? execute("rollback")
            let hint = error.hint.map { " \($0)" } ?? ""
            throw Failure("The migration \(migration.name) failed: \(error.message)\(hint)")
        }
    }

    private func execute(_ script: String) throws(Failure) {
        try owner.execute(script)
    }
}

/// SHA-256 in hex.
private func checksum(_ text: [UInt8]) throws(Failure) -> String {
    do {
        var hash = try SHA256()
        hash.update(text.span)
        return hexadecimal(hash.finish())
    } catch {
        throw Failure("The checksum of a migration cannot be computed.")
    }
}
