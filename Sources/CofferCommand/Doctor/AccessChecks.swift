// Who may do what in the database: roles, owners, grants, row-level security, and the workers' login.

internal import CofferCore
internal import Postgres
internal import POSIX

extension DoctorChecks {
    static let access: [DoctorCheck<DoctorSubject>] = [
        list(
            "database.roles", asks: "Coffer's roles and their memberships",
            expects: "no special powers, only coffer_authenticator logs in, and it is a member of request roles only",
            mend: "Undo it with `alter role` or `revoke`. `coffer migrate` creates missing roles and memberships.",
            none: "5 roles",
            """
            select w.name || ' ' || case
                    when r.oid is null then 'is missing'
                    when r.rolsuper or r.rolcreaterole or r.rolcreatedb or r.rolreplication or r.rolbypassrls
                        then 'has a special power'
                    when r.rolcanlogin <> (w.name = 'coffer_authenticator')
                        then case when r.rolcanlogin then 'can log in' else 'cannot log in' end
                    when r.rolinherit and w.name = 'coffer_authenticator' then 'inherits'
                end as problem
            from unnest('{coffer_owner,coffer_anonymous,coffer_editor,coffer_admin,coffer_authenticator}'::text[])
                    as w (name)
                left join pg_catalog.pg_roles r on r.rolname = w.name
            union all
            select format('coffer_authenticator is not a member of %s', w.name)
            from unnest('{coffer_anonymous,coffer_editor,coffer_admin}'::text[]) as w (name)
                join pg_catalog.pg_roles g on g.rolname = w.name
                join pg_catalog.pg_roles m on m.rolname = 'coffer_authenticator'
            where not exists (
                select from pg_catalog.pg_auth_members a where a.roleid = g.oid and a.member = m.oid)
            union all
            select format('%s is a member of %s', m.rolname, g.rolname)
            from pg_catalog.pg_auth_members a
                join pg_catalog.pg_roles g on g.oid = a.roleid join pg_catalog.pg_roles m on m.oid = a.member
            where m.rolname in ('coffer_owner', 'coffer_anonymous', 'coffer_editor', 'coffer_admin')
                or m.rolname = 'coffer_authenticator'
                    and g.rolname not in ('coffer_anonymous', 'coffer_editor', 'coffer_admin')
            """),
        list(
            "database.ownership", asks: "the owners of Coffer's tables, views and functions",
            expects: "coffer_owner owns all of them", mend: "alter … owner to coffer_owner;", none: "coffer_owner",
            """
            select c.oid::regclass::text as problem from pg_catalog.pg_class c
            where c.relnamespace::regnamespace::text in ('api', 'internal') and c.relkind in ('r', 'v', 'S')
                and c.relowner::regrole::text <> 'coffer_owner'
            union all
            select p.oid::regprocedure::text from pg_catalog.pg_proc p
            where p.pronamespace::regnamespace::text in ('api', 'internal')
                and p.proowner::regrole::text <> 'coffer_owner'
            """),
        list(
            "database.row-security", asks: "row-level security of Coffer's tables",
            expects: "enabled and forced for every table",
            mend: "alter table … enable row level security, force row level security;", none: "enabled and forced",
            """
            select c.oid::regclass::text as problem from pg_catalog.pg_class c
            where c.relnamespace::regnamespace::text in ('api', 'internal') and c.relkind in ('r', 'p')
                and not (c.relrowsecurity and c.relforcerowsecurity)
            """),
        list(
            "database.grants", asks: "who may use Coffer's tables and functions",
            expects: "Coffer's own roles only", mend: "revoke … from …;", none: "Coffer's roles",
            """
            select format('%s may use %s', coalesce(r.rolname, 'everybody'), o.name) as problem
            from (
                select p.oid::regprocedure::text, p.proowner, coalesce(p.proacl, acldefault('f', p.proowner))
                from pg_catalog.pg_proc p where p.pronamespace::regnamespace::text in ('api', 'internal')
                union all
                select c.oid::regclass::text, c.relowner, coalesce(c.relacl, acldefault('r', c.relowner))
                from pg_catalog.pg_class c
                where c.relnamespace::regnamespace::text in ('api', 'internal') and c.relkind in ('r', 'v')
                union all
                select 'schema ' || n.nspname, n.nspowner, coalesce(n.nspacl, acldefault('n', n.nspowner))
                from pg_catalog.pg_namespace n where n.nspname in ('api', 'internal', 'extensions')
            ) as o (name, owner, acl), aclexplode(o.acl) a
                left join pg_catalog.pg_roles r on r.oid = a.grantee
            where a.grantee <> o.owner
                and coalesce(r.rolname, '') !~ '^coffer_(owner|authenticator|anonymous|editor|admin)$'
            """),
        list(
            "database.public", asks: "what every login of the server may create in the database",
            expects: "nothing, not even temporary tables", mend: "coffer migrate", none: "nothing",
            """
            select p.name as problem from unnest('{create,temporary}'::text[]) as p (name)
            where has_database_privilege('public', current_database(), p.name)
            """),
        DoctorCheck(
            "database.login", asks: "a connection as COFFER_DATABASE_URL says, which the workers use",
            expects: "the server accepts it",
            mend: "Correct COFFER_DATABASE_URL, pg_hba.conf or pg_ident.conf, or set the role's password.",
            needs: ["database.schema"], limit: .seconds(5)
        ) { subject in
            do {
                _ = try subject.workers()
                return .ok("connected")
            } catch let error as PostgresError {
                // With peer authentication only the workers' user can log in.
                guard Process.isRoot, try subject.workersNeedTheirUser() else { return .error(error.message) }
                let directory = (try? subject.directory()) ?? nil
                let user = directory.flatMap { try? FileSystem.status($0).fileOwner.userName } ?? "www-data"
                return .elsewhere(error.message, command: "runuser -u \(user) -- coffer doctor")
            }
        },
        DoctorCheck(
            "database.login-role", asks: "the rights of the workers' login",
            expects: "it is neither a superuser nor a member of coffer_owner",
            mend: "Use the role coffer_authenticator in COFFER_DATABASE_URL.", needs: ["database.login"]
        ) { subject in
            let (name, isPowerful) = try ask(
                subject.workers(),
                """
                select r.rolname, r.rolsuper or pg_has_role(r.oid, 'coffer_owner', 'member') as is_powerful
                from pg_catalog.pg_roles r where r.rolname = session_user
                """
            ) { (try $0.text("rolname"), try $0.boolean("is_powerful")) }
            return isPowerful ? .error("\(name) may do everything") : .ok(name)
        },
        DoctorCheck(
            "database.same", asks: "the databases of COFFER_DATABASE_URL and COFFER_OWNER_DATABASE_URL",
            expects: "the same database", mend: "Correct the one that is wrong.", needs: ["database.login"]
        ) { subject in
            let statement = """
                select current_database() || ' of server ' || system_identifier as place
                from pg_catalog.pg_control_system()
                """
            let workers = try ask(subject.workers(), statement) { try $0.text("place") }
            let owner = try subject.read(statement) { try $0.text("place") }
            return workers == owner
                ? .ok(owner) : .error("the workers use \(workers), the commands use \(owner)")
        },
        DoctorCheck(
            "database.login-writable", asks: "whether the workers' server takes changes",
            expects: "a primary server without default_transaction_read_only",
            mend: "Add target_session_attrs=read-write to COFFER_DATABASE_URL, or switch the setting off.",
            needs: ["database.login"], follows: ["database.writable"]
        ) { subject in
            let state = try ask(subject.workers(), "select \(readOnlyState) as state") { try $0.text("state") }
            return state.isEmpty ? .ok("it does") : .error(state)
        },
        DoctorCheck(
            "database.pooler", asks: "whether a pooler such as pgbouncer is between the workers and the server",
            expects: "none, or COFFER_PREPARED_STATEMENTS=off",
            mend: "Set COFFER_PREPARED_STATEMENTS=off if it pools transactions, and restart the workers.",
            needs: ["database.login"]
        ) { subject in
            guard try hasPooler(subject.workers()) else { return .ok("no pooler") }
            guard try subject.configuration().preparesStatements else {
                return .ok("there is a pooler, and the workers keep no prepared statements")
            }
            do {
                _ = try subject.connectAsWorkers(settings: ["statement_timeout": "1min"])
                return .warning("there is a pooler, and the workers keep prepared statements")
            } catch let error as PostgresError {
                return .error("the pooler refuses workers that keep prepared statements: \(error.message)")
            }
        },
        DoctorCheck(
            "database.owner-pooler", asks: "whether a pooler is between the commands and the server",
            expects: "none, as a backup holds a lock and a snapshot for as long as its connection",
            mend: "Let COFFER_OWNER_DATABASE_URL name the server itself.", needs: ["database.owner"]
        ) { subject in
            try hasPooler(subject.owner().connection) ? .warning("there is a pooler") : .ok("no pooler")
        },
    ]

    /// Whether another program answers in the name of the server. It names another process than the server does.
    private static func hasPooler(_ connection: Connection) throws -> Bool {
        try ask(connection, "select pg_backend_pid() as pid") { try $0.integer("pid") } != connection.serverProcess
    }

    /// A check whose query returns a row for each problem, in the column `problem`. Rows of null do not count.
    private static func list(
        _ id: String, asks: String, expects: String, mend: String, none: String, _ sql: String
    ) -> DoctorCheck<DoctorSubject> {
        DoctorCheck(id, asks: asks, expects: expects, mend: mend, needs: ["database.schema"]) { subject in
            let problems = try subject.owner().call(
                "select problem from (\(sql)) p where problem is not null order by 1"
            ).readAll { try $0.text("problem") }
            if problems.isEmpty { return .ok(none) }
            let rest = problems.count > 3 ? " and \(problems.count - 3) others" : ""
            return .error(problems.prefix(3).joined(separator: ", ") + rest)
        }
    }

    /// The only row of a statement on the workers' connection.
    private static func ask<Value>(
        _ connection: Connection, _ sql: String, _ read: (Row) throws -> Value
    ) throws -> Value {
        try read(connection.run([Query(Statement(sql: sql))])[0].only())
    }
}
