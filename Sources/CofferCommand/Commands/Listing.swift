// coffer user list, coffer key list: a query shown as a table, or as JSON that PostgreSQL makes of it.

internal import ArgumentParser
internal import Postgres

/// A query and how people see its columns.
struct Listing {
    let columns: [Table.Column]
    let sql: String

    func show(_ owner: OwnerConnection, asJSON: Bool) throws(Failure) {
        if asJSON {
            let rows = try owner.call("select coalesce(json_agg(r), '[]') from (\(sql)) r")
            print(rows.text(0, 0) ?? "[]")
        } else {
            print(Table(columns: columns, rows: cells(try owner.call(sql))).text, terminator: "")
        }
    }

    private func cells(_ rows: Rows) -> [[String]] {
        (0..<rows.count).map { row in
            (0..<rows.columnCount).map { rows.text(row, $0) ?? "-" }
        }
    }
}

extension Listing {
    static let users = Listing(
        columns: [
            .text("EMAIL"), .text("ROLE"), .text("STATE"), .number("FILES"), .number("BYTES"), .number("QUOTA"),
            .text("CREATED"),
        ],
        sql: """
            select u.email, u.role, case when u.disabled_at is null then 'enabled' else 'disabled' end as state,
                u.file_count, u.used_bytes, u.quota_bytes,
                to_char(u.created_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') as created_at
            from internal.users u
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
