// Keys, accounts and logins.

internal import CofferCore
internal import Postgres

extension DoctorChecks {
    static let keys: [DoctorCheck<DoctorSubject>] = [
        DoctorCheck(
            "keys.usable", asks: "the keys that sign and verify tokens", expects: "at least one that is not retired",
            mend: "coffer key rotate", needs: ["database.schema"]
        ) { subject in
            let count = try subject.answer(
                "select count(*) as answer from internal.jwt_keys k where k.retired_at is null")
            return count == "0" ? .error("no key") : .ok("\(count) keys")
        },
        DoctorCheck(
            "keys.age", asks: "the age of the key that signs", expects: "at most a year",
            mend: "coffer key rotate", needs: ["keys.usable"]
        ) { subject in
            let days = try subject.read(
                """
                select floor(extract(epoch from now() - max(k.created_at)) / 86400)::bigint as days
                from internal.jwt_keys k where k.retired_at is null
                """
            ) { try $0.integer("days") }
            return days > 365 ? .warning("\(days) days") : .ok("\(days) days")
        },
        DoctorCheck(
            "keys.old", asks: "older keys that still verify tokens",
            expects: "none whose sessions have all expired", mend: "coffer key retire KID, see `coffer key list`",
            needs: ["keys.usable"]
        ) { subject in
            let old = try subject.answer(
                """
                select string_agg(k.kid, ', ') as answer
                from internal.jwt_keys k
                where k.retired_at is null and exists (
                    select from internal.jwt_keys n
                    where n.serial_number > k.serial_number
                        and n.created_at < now() - make_interval(secs => $1::double precision))
                """, [.integer(Int64(try subject.configuration().sessionSeconds))])
            return old.isEmpty ? .ok("none") : .warning(old)
        },
    ]

    static let accounts: [DoctorCheck<DoctorSubject>] = [
        DoctorCheck(
            "accounts.admin", asks: "the enabled admins", expects: "at least one",
            mend: "coffer user add EMAIL --role admin", needs: ["database.schema"]
        ) { subject in
            let count = try subject.answer(
                """
                select count(*) as answer from internal.users u where u.role = 'admin' and u.disabled_at is null
                """)
            return count == "0" ? .warning("no enabled admin") : .ok(count)
        },
        DoctorCheck(
            "logins.accounts", asks: "accounts that are blocked after too many wrong passwords",
            expects: "none", mend: "They are free again within 15 minutes. The audit log has the attempts.",
            needs: ["database.schema"]
        ) { subject in
            let count = try blocked(subject, "account", try subject.configuration().loginFailures)
            return count == "0" ? .ok("none") : .warning("\(count) accounts")
        },
        DoctorCheck(
            "logins.addresses", asks: "addresses that are blocked after too many wrong passwords",
            expects: "none", mend: "They are free again within 15 minutes. If it is a proxy's, see logins.origin.",
            needs: ["database.schema"]
        ) { subject in
            let count = try blocked(subject, "address", try subject.configuration().loginAddressFailures)
            return count == "0" ? .ok("none") : .warning("\(count) addresses")
        },
        DoctorCheck(
            "logins.origin", asks: "the addresses of the newest 20 logins",
            expects: "those of clients, and not only that of a proxy on this host",
            mend: "Run nginx-site or apache-site with --behind-proxy, and let the proxy set X-Forwarded-For.",
            needs: ["database.schema"]
        ) { subject in
            guard let site = try subject.publicSite(), !site.isLoopback else {
                return .inapplicable("the site is on this host only, or its URL is not known")
            }
            let (count, local) = try subject.read(
                """
                select count(*) as count, count(*) filter (where l.remote_address ~ '^(127\\.|::1$|::ffff:127\\.)')
                    as local
                from (select a.remote_address from internal.audit_log a
                    where a.action in ('login', 'login_failed') and a.remote_address is not null
                        and a.occurred_at > now() - interval '30 days'
                    order by a.id desc limit 20) l
                """
            ) { (try $0.integer("count"), try $0.integer("local")) }
            let came = "\(local) of \(count) came from this host"
            return count >= 5 && local == count ? .error(came) : .ok(came)
        },
    ]

    /// How many accounts or addresses have as many failures as the configuration allows.
    private static func blocked(_ subject: DoctorSubject, _ column: String, _ limit: Int) throws -> String {
        try subject.answer(
            """
            select count(*) as answer from (
                select from internal.login_failures f
                where f.\(column) is not null and f.failed_at > now() - interval '15 minutes'
                group by f.\(column)
                having count(*) >= $1::bigint) b
            """, [.integer(Int64(limit))])
    }
}
