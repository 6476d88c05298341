// Queries whose rows a command shows as a table, or as JSON made by PostgreSQL.

internal import ArgumentParser
internal import Postgres

/// A query, and the titles of its columns.
struct Listing {
    let columns: [Table.Column]
    let sql: String

    func show(_ owner: OwnerConnection, _ parameters: [Parameter] = [], asJSON: Bool) throws(Failure) {
        if asJSON {
            let list = try owner.call("select coalesce(json_agg(r), '[]') as list from (\(sql)) r", parameters)
                .readOne { try $0.text("list") }
            print(list)
        } else {
            print(Table(columns: columns, rows: cells(try owner.call(sql, parameters))).text, terminator: "")
        }
    }

    /// The text of all cells. They are read by position, since the columns' titles are in the same order.
    private func cells(_ rows: Rows) -> [[String]] {
        rows.map { row in row.texts.map { $0 ?? "-" } }
    }
}

extension Listing {
    static let users = Listing(
        columns: [
            .text("EMAIL"), .text("ROLE"), .text("STATE"), .number("FILES"), .number("BYTES"), .number("TRASH"),
            .number("QUOTA"),
            .text("CREATED"),
        ],
        sql: """
            select u.email, u.role, case when u.disabled_at is null then 'enabled' else 'disabled' end as state,
                l.file_count, l.used_bytes, l.trash_bytes, u.quota_bytes,
                to_char(u.created_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') as created_at
            from internal.users u join internal.ledgers l on l.user_id = u.id
            order by lower(u.email)
            """)

    static let keys = Listing(
        columns: [.text("KID"), .text("STATE"), .text("CREATED"), .text("RETIRED")],
        sql: """
            select k.kid,
                case
                    when k.retired_at is not null then 'retired'
                    when k.serial_number = max(k.serial_number) filter (where k.retired_at is null) over () then 'signs'
                    else 'verifies'
                end as state,
                to_char(k.created_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') as created_at,
                to_char(k.retired_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') as retired_at
            from internal.jwt_keys k
            order by k.serial_number desc
            """)

    /// `$1` is an e-mail address, or null for the sessions of all users.
    static let sessions = Listing(
        columns: [.text("ID"), .text("EMAIL"), .text("ROLE"), .text("CREATED"), .text("EXPIRES")],
        sql: """
            select s.id, s.email, s.role,
                to_char(s.created_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') as created_at,
                to_char(s.expires_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') as expires_at
            from internal.list_sessions($1::text) s
            order by s.created_at desc, s.id
            """)

    /// `$1` is the earlier output of `coffer audit heads`, or null.
    static let auditProblems = Listing(
        columns: [.text("CHAIN"), .number("POSITION"), .number("ID"), .text("PROBLEM")],
        sql: "select v.chain, v.position, v.id, v.problem from internal.verify_audit($1::jsonb) v")
}

extension User {
    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List the accounts.")

        @Flag(help: "Print JSON.") var json = false

        func run() throws {
            try Listing.users.show(OwnerConnection(loadConfiguration()), asJSON: json)
        }
    }
}

extension Key {
    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List the keys, the signing one first.")

        @Flag(help: "Print JSON.") var json = false

        func run() throws {
            try Listing.keys.show(OwnerConnection(loadConfiguration()), asJSON: json)
        }
    }
}
