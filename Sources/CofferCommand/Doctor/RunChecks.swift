// What must run from time to time: backups, checks and gc, and what gc has not removed in time.

internal import CofferCore
internal import Postgres

extension DoctorChecks {
    static let runs: [DoctorCheck<DoctorSubject>] = [
        age(of: .backup, days: 7, mend: "Run `coffer backup DIRECTORY` from a timer, and keep a copy elsewhere."),
        age(of: .check, days: 31, mend: "Run `coffer check` and see what it reports."),
        age(of: .gc, days: 1, mend: "Set COFFER_WORKER_GC=on, or run `coffer gc` from a timer."),
        DoctorCheck(
            "runs.garbage", asks: "garbage that should have been removed more than a day ago", expects: "none",
            mend: "Run `coffer gc`. It reports a store that is unavailable.", needs: ["database.schema"]
        ) { subject in
            let count = try subject.answer(
                """
                select count(*) as answer from (
                    select from internal.garbage g
                    where internal.is_due(g.reason, g.listed_at + interval '1 day',
                            make_interval(secs => $1::double precision))
                        and not exists (
                            select from internal.kept_blobs k where k.blob = g.blob and k.store = g.store)
                    limit 100000) g
                """, [.integer(Int64(try subject.configuration().graceSeconds))])
            return count == "0" ? .ok("none") : .warning("\(count) blobs")
        },
        DoctorCheck(
            "runs.trash", asks: "what expired in the trash more than a day ago", expects: "nothing",
            mend: "coffer gc", needs: ["database.schema"]
        ) { subject in
            let count = try subject.answer(
                "select count(*) as answer from internal.trash t where t.expires_at < now() - interval '1 day'")
            return count == "0" ? .ok("nothing") : .warning("\(count) files and versions")
        },
        DoctorCheck(
            "runs.uploads", asks: "resumable uploads that expired more than a day ago", expects: "none",
            mend: "coffer gc", needs: ["database.schema"]
        ) { subject in
            let count = try subject.answer(
                """
                select count(*) as answer from internal.uploads u
                where u.expires_at < now() - interval '1 day' and isfinite(u.expires_at)
                    or u.expires_at = '-infinity' and u.created_at < now() - interval '9 days'
                """)
            return count == "0" ? .ok("none") : .warning("\(count) uploads")
        },
    ]

    /// A check of the time of the last success. A database that records them for a shorter time need not have one.
    private static func age(of run: Run, days: Int64, mend: String) -> DoctorCheck<DoctorSubject> {
        DoctorCheck(
            "runs.\(run.rawValue)", asks: "the last \(run.rawValue) that succeeded",
            expects: "at most \(days == 1 ? "a day" : "\(days) days") ago", mend: mend, needs: ["database.schema"]
        ) { subject in
            let (last, age) = try subject.read(
                """
                select floor(extract(epoch from now() - r.succeeded_at) / 3600)::bigint as last,
                    floor(extract(epoch from now() - m.applied_at) / 3600)::bigint as age
                from internal.migrations m left join internal.runs r on r.kind = $1
                where m.name = '0005-runs.sql'
                """, [.text(run.rawValue)]
            ) { (try $0.optionalInteger("last"), try $0.integer("age")) }
            guard let last else {
                return age > days * 24
                    ? .warning("never") : .ok("never in the \(hours(age)) since it is recorded")
            }
            return last > days * 24 ? .warning("\(hours(last)) ago") : .ok("\(hours(last)) ago")
        }
    }

    private static func hours(_ count: Int64) -> String {
        count < 48 ? "\(count) hours" : "\(count / 24) days"
    }
}
