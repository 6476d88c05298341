// Upgrades the database to this program's schema, in one transaction.

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

    /// The name of the first migration.
    static var oldestMigration: String? { SQLFile.migrations.first?.name }

    /// Applies the missing files, and reports their names after the commit.
    ///
    /// If a migration is missing or a file of `sql/code` differs, all code is removed from the database, the migrations
    /// are applied, and then all files of `sql/code`. So no view or trigger is in the way of a migration, and nothing
    /// remains of files that `sql/code` no longer has.
    func run(report: (String) -> Void) throws(Failure) {
        try owner.execute("begin")
        let plan: MigrationPlan
        do throws(Failure) {
            plan = try apply()
            try owner.execute("commit")
        } catch {
            // If this fails, the connection is lost, and the server rolls back.
            try? owner.execute("rollback")
            throw error
        }
        for name in plan.migrations { report(name) }
        for name in plan.changedCode { report("code/\(name)") }
        for name in plan.removedCode { report("the removal of code/\(name)") }
    }

    /// What `run` would apply. Changes nothing.
    ///
    /// - Throws: as `run` if the database cannot be migrated.
    func plan() throws(Failure) -> MigrationPlan { try MigrationPlan(applied: applied(), known: known()) }

    /// Creates the roles. They belong to the cluster, so a dump does not contain them.
    func makeRoles() throws(Failure) { try apply(.roles) }

    /// The number of the migrators' advisory lock: the letters of "coffer". A second migrator waits for the first one's
    /// transaction, and then has nothing to do. The numbers of all other locks are in `sql/code`.
    private static let lock: Int64 = 0x636F_6666_6572

    private func apply() throws(Failure) -> MigrationPlan {
        try owner.execute("select pg_advisory_xact_lock(\(Self.lock))")
        let known = known()
        let applied = try applied()
        let plan = try MigrationPlan(applied: applied, known: known)
        try makeRoles()
        if plan.isEmpty { return plan }
        if !applied.migrations.isEmpty { try apply(.dropCode) }
        for (file, record) in zip(SQLFile.migrations, known.migrations) where plan.migrations.contains(file.name) {
            try apply(file)
            try insert(record, into: "migrations")
        }
        for file in SQLFile.code { try apply(file) }
        try insertCode(known.code)
        return plan
    }

    /// The files that this program contains.
    private func known() -> SchemaFiles {
        SchemaFiles(migrations: SQLFile.migrations.map(record), code: SQLFile.code.map(record))
    }

    /// The files that the database has. The first migration creates the tables that list them.
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

    /// Name and checksum contain only letters, digits, hyphens and dots, so they need no quoting.
    private func insert(_ file: AppliedFile, into table: String) throws(Failure) {
        try owner.execute(
            """
            set local role coffer_owner;
            insert into internal.\(table) (name, checksum) values ('\(file.name)', '\(file.checksum)');
            reset role;
            """)
    }

    /// The row of an unchanged file stays, so it keeps its time.
    private func insertCode(_ files: [AppliedFile]) throws(Failure) {
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
            // dependent_objects_still_exist: the detail names the objects. The hint would recommend dropping them.
            let more = error.sqlState == "2BP01" ? error.detail : error.hint
            throw Failure("\(file.name) cannot be applied: \(error.message)\(more.map { " \($0)" } ?? "")")
        }
    }

    private func record(_ file: SQLFile) -> AppliedFile {
        AppliedFile(name: file.name, checksum: hexadecimal(sha256(Array(file.text.utf8).span)))
    }
}
