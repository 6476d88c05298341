// Brings the database up to this program's schema, in one transaction: all of it is there afterwards, or nothing.

internal import CofferCore
internal import CofferSchema
internal import Cryptography
internal import Postgres
internal import POSIX
internal import Text

struct Migrator {
    let owner: OwnerConnection

    /// The number of the newest migration.
    static var newestLevel: Int64 { SQLFile.migrations.last.flatMap { Int64($0.name.prefix(4)) } ?? 0 }

    /// Applies what is missing, and reports the name of each file once all are committed.
    ///
    /// The migrations come first. When anything in `sql/code` differs, the database's code is removed before them and
    /// all of this program's is applied after them: so a migration never meets a view or trigger that stands in its
    /// way, and what is no longer in `sql/code` is gone.
    func run(report: (String) -> Void) throws(Failure) {
        try owner.execute("begin")
        let plan: MigrationPlan
        do throws(Failure) {
            plan = try apply()
            try owner.execute("commit")
        } catch {
            try? owner.execute("rollback")
            throw error
        }
        for name in plan.migrations { report(name) }
        for name in plan.changedCode { report("code/\(name)") }
        for name in plan.removedCode { report("the removal of code/\(name)") }
    }

    /// Makes the roles, which belong to the cluster and are in no dump.
    func makeRoles() throws(Failure) { try apply(.roles) }

    /// The lock is named by the letters of "coffer". A second migrator waits for the first one's transaction, and then
    /// finds nothing left to do. All other locks have their names in `sql/code`.
    private static let lock: Int64 = 0x636F_6666_6572

    private func apply() throws(Failure) -> MigrationPlan {
        try owner.execute("select pg_advisory_xact_lock(\(Self.lock))")
        let known = SchemaFiles(
            migrations: try SQLFile.migrations.map(record), code: try SQLFile.code.map(record))
        let applied = try applied()
        let plan = try MigrationPlan(applied: applied, known: known)
        try makeRoles()
        if plan.isEmpty { return plan }
        if !applied.migrations.isEmpty { try apply(.dropCode) }
        for (file, record) in zip(SQLFile.migrations, known.migrations) where plan.migrations.contains(file.name) {
            try apply(file)
            try note(record, in: "migrations")
        }
        for file in SQLFile.code { try apply(file) }
        try noteCode(known.code)
        return plan
    }

    /// What the database has. The first migration makes the tables, so before it there are none.
    private func applied() throws(Failure) -> SchemaFiles {
        var files = SchemaFiles()
        if try exists("internal.migrations") { files.migrations = try records("migrations") }
        if try exists("internal.code_files") { files.code = try records("code_files") }
        return files
    }

    private func exists(_ table: String) throws(Failure) -> Bool {
        try inTransaction("select pg_catalog.to_regclass('\(table)') is not null as exists")
            .readOne { try $0.boolean("exists") }
    }

    private func records(_ table: String) throws(Failure) -> [AppliedFile] {
        try inTransaction("select name, checksum from internal.\(table) order by name collate \"C\"")
            .readAll { AppliedFile(name: try $0.text("name"), checksum: try $0.text("checksum")) }
    }

    private func inTransaction(_ sql: String) throws(Failure) -> Rows {
        try mapError(to: Failure.self) { try owner.connection.run([Query(Statement(sql: sql))])[0] }
    }

    /// Name and checksum hold letters, digits, hyphens and dots only, so they need no quoting.
    private func note(_ file: AppliedFile, in table: String) throws(Failure) {
        try owner.execute(
            """
            set local role coffer_owner;
            insert into internal.\(table) (name, checksum) values ('\(file.name)', '\(file.checksum)');
            reset role;
            """)
    }

    /// A file that was applied again as it was keeps the time of its record.
    private func noteCode(_ files: [AppliedFile]) throws(Failure) {
        let values = files.map { "('\($0.name)', '\($0.checksum)')" }.joined(separator: ", ")
        try owner.execute(
            """
            set local role coffer_owner;
            delete from internal.code_files where (name, checksum) not in (values \(values));
            insert into internal.code_files (name, checksum) values \(values) on conflict do nothing;
            reset role;
            """)
    }

    private func apply(_ file: SQLFile) throws(Failure) {
        do {
            try owner.connection.execute(script: file.text + ";\nreset role;")
        } catch {
            // dependent_objects_still_exist: which ones is in the detail, while the hint recommends to drop them.
            let more = error.sqlState == "2BP01" ? error.detail : error.hint
            throw Failure("\(file.name) cannot be applied: \(error.message)\(more.map { " \($0)" } ?? "")")
        }
    }

    private func record(_ file: SQLFile) throws(Failure) -> AppliedFile {
        do {
            var hash = try SHA256()
            hash.update(Array(file.text.utf8).span)
            return AppliedFile(name: file.name, checksum: hexadecimal(hash.finish()))
        } catch {
            throw Failure("The digest of \(file.name) cannot be computed.")
        }
    }
}
