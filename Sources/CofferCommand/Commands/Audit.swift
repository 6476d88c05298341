// coffer audit …

internal import ArgumentParser
internal import Postgres
internal import POSIX

struct Audit: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Verify that the audit log has not been altered.",
        discussion: """
            Each user's rows form a chain of hashes, so a changed, removed, added or moved row is found. A person with \
            write access to the database could still forge a whole chain. To detect that, keep the output of \
            `coffer audit heads` on another machine and pass it to `coffer audit verify --heads` later.
            """,
        subcommands: [Verify.self, Heads.self])

    struct Verify: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Find rows that were changed, removed, added or moved.",
            discussion: "The exit status is 0 if the log is intact, otherwise 1.")

        @Option(help: "A file with earlier output of `coffer audit heads`.") var heads: String?
        @Flag(help: "Print the problems as JSON.") var json = false

        func run() throws {
            let saved = try heads.map { try contents(of: $0) }
            // It reads all rows.
            let owner = try OwnerConnection(loadConfiguration(), timeout: .seconds(24 * 3600))
            let parameters = [saved.map { Parameter.text($0) } ?? .null]
            let (problems, total) = try owner.call(
                """
                select count(*) as problems, (select count(*) from internal.audit_log) as total
                from internal.verify_audit($1::jsonb)
                """, parameters
            ).readOne { (try $0.integer("problems"), try $0.integer("total")) }
            if json || problems > 0 { try Listing.auditProblems.show(owner, parameters, asJSON: json) }
            if problems > 0 { throw Failure("The audit log was altered: \(problems) problems.") }
            if !json { print("\(total) rows, no problems") }
        }

        private func contents(of path: String) throws(Failure) -> String {
            try mapError(as: "The file given to --heads cannot be read") {
                String(decoding: try FileSystem.contents(of: path, limit: 1 << 28), as: UTF8.self)
            }
        }
    }

    struct Heads: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print the last hash of every chain as JSON. Keep it on another machine.")

        func run() throws {
            let heads = try OwnerConnection(loadConfiguration()).call(
                "select coalesce(json_agg(h), '[]') as heads from internal.audit_heads() h"
            ).readOne { try $0.text("heads") }
            print(heads)
        }
    }
}
