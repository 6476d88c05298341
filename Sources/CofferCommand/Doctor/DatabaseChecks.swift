// The database: can it be reached, is it the right one, and does its server keep what it promises.

internal import CofferCore
internal import Postgres
internal import POSIX

extension DoctorChecks {
    static let database: [DoctorCheck<DoctorSubject>] = [
        DoctorCheck(
            "database.reachable", asks: "a connection as COFFER_OWNER_DATABASE_URL says",
            expects: "the server accepts it",
            mend: "Start PostgreSQL, or correct COFFER_OWNER_DATABASE_URL or pg_hba.conf.",
            needs: ["configuration.valid"], limit: .seconds(5)
        ) { subject in
            _ = try subject.owner()
            return .ok("connected")
        },
        DoctorCheck(
            "database.owner", asks: "whether this login may act as coffer_owner",
            expects: "it is a superuser or a member of coffer_owner",
            mend: "Run `coffer migrate` once as a superuser, or correct the user of COFFER_OWNER_DATABASE_URL.",
            needs: ["database.reachable"]
        ) { subject in
            try subject.owner().call("select")
            return .ok("it may")
        },
        DoctorCheck(
            "database.version", asks: "the version of PostgreSQL", expects: "15 or later",
            mend: "Upgrade PostgreSQL (pg_upgradecluster on Debian).", needs: ["database.owner"]
        ) { subject in
            let version = try subject.answer("select current_setting('server_version_num') as answer")
            return Int(version) ?? 0 >= 150_000 ? .ok(version) : .error(version)
        },
        DoctorCheck(
            "database.encoding", asks: "the encoding of the database", expects: "UTF8",
            mend: "Make a new database (createdb --encoding=UTF8 --template=template0), and restore a backup into it.",
            needs: ["database.owner"]
        ) { subject in
            let encoding = try subject.answer("select current_setting('server_encoding') as answer")
            return encoding == "UTF8" ? .ok(encoding) : .error(encoding)
        },
        DoctorCheck(
            "database.writable", asks: "whether the server takes changes",
            expects: "a primary server without default_transaction_read_only",
            mend: "Connect to the primary server (target_session_attrs=read-write), or switch the setting off.",
            needs: ["database.owner"]
        ) { subject in
            let state = try subject.answer("select \(readOnlyState) as answer")
            return state.isEmpty ? .ok("it does") : .error(state)
        },
        DoctorCheck(
            "database.durable", asks: "whether the server waits for its disk",
            expects: "fsync and full_page_writes are on; otherwise a crash destroys the database",
            mend: "alter system reset fsync; alter system reset full_page_writes; select pg_reload_conf();",
            needs: ["database.owner"]
        ) { subject in
            let off = try subject.answer(
                """
                select string_agg(name || ' is off', ', ') as answer from pg_catalog.pg_settings
                where name in ('fsync', 'full_page_writes') and setting = 'off'
                """)
            return off.isEmpty ? .ok("both are on") : .error(off)
        },
        DoctorCheck(
            "database.commits", asks: "what a commit waits for",
            expects: "synchronous_commit is on, or remote_apply; otherwise a failure loses what was acknowledged",
            mend: "alter system reset synchronous_commit; select pg_reload_conf();", needs: ["database.owner"]
        ) { subject in
            let found = try subject.answer("select current_setting('synchronous_commit') as answer")
            // Without a synchronous standby, these wait for the disk as `on` does.
            let standbys = try subject.answer("select current_setting('synchronous_standby_names') as answer")
            let isEnough = ["on", "remote_apply"].contains(found) || found != "off" && standbys.isEmpty
            return isEnough ? .ok(found) : .error("synchronous_commit is \(found)")
        },
        DoctorCheck(
            "database.clock", asks: "this host's clock and the database's",
            expects: "at most \(AccessToken.clockSkew) seconds apart; otherwise tokens are refused",
            mend: "Synchronise both clocks (systemd-timesyncd, chrony).", needs: ["database.owner"]
        ) { subject in
            let asked = Clock.realtimeSeconds()
            let theirs = try subject.read("select floor(extract(epoch from clock_timestamp()))::bigint as seconds") {
                try $0.integer("seconds")
            }
            let answered = Clock.realtimeSeconds()
            let seconds = theirs < asked ? asked - theirs : theirs > answered ? answered - theirs : 0
            let came = "\(abs(seconds)) s apart"
            return abs(seconds) > AccessToken.clockSkew ? .error(came) : .ok(came)
        },
        DoctorCheck(
            "database.connections", asks: "how many connections the workers may have",
            expects: "two for each worker (COFFER_WORKERS), and 5 for commands",
            mend: "Raise max_connections, or the limit of the database or of the role coffer_authenticator.",
            needs: ["database.owner"]
        ) { subject in
            let limit = try subject.read(
                """
                select least(
                    current_setting('max_connections')::bigint
                        - current_setting('superuser_reserved_connections')::bigint,
                    (select nullif(d.datconnlimit, -1) from pg_catalog.pg_database d
                        where d.datname = current_database()),
                    (select nullif(r.rolconnlimit, -1) from pg_catalog.pg_roles r
                        where r.rolname = 'coffer_authenticator')) as allowed
                """
            ) { try $0.integer("allowed") }
            let workers = try subject.configuration().workers
            let came = "\(limit) connections for \(workers) workers"
            return limit < Int64(2 * workers + 5) ? .warning(came) : .ok(came)
        },
        DoctorCheck(
            "database.schema", asks: "the migrations and the code of the database",
            expects: "those of this program", mend: "coffer migrate", needs: ["database.owner"]
        ) { subject in
            let plan = try Migrator(owner: subject.owner()).plan()
            if plan.isEmpty { return .ok("level \(Migrator.newestLevel)") }
            let files = plan.migrations + (plan.changedCode + plan.removedCode).map { "code/\($0)" }
            let some = files.prefix(3).joined(separator: ", ")
            return .error("\(files.count) files differ: \(some)\(files.count > 3 ? " …" : "")")
        },
        DoctorCheck(
            "database.extension", asks: "the schema of the extension pgcrypto", expects: "extensions",
            mend: "alter extension pgcrypto set schema extensions;", needs: ["database.schema"]
        ) { subject in
            let schema = try subject.answer(
                """
                select max(e.extnamespace::regnamespace::text) as answer from pg_catalog.pg_extension e
                where e.extname = 'pgcrypto'
                """)
            return schema == "extensions" ? .ok(schema) : .error(schema.isEmpty ? "it is missing" : schema)
        },
    ]

    /// SQL for what keeps a server from taking changes. Empty if nothing does.
    static let readOnlyState = """
        concat_ws(', ', case when pg_is_in_recovery() then 'a standby' end,
            case when current_setting('transaction_read_only')::boolean then 'read-only' end)
        """
}
