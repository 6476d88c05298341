// coffer audit …

internal import ArgumentParser
internal import Postgres
internal import System

struct Audit: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Check that the audit log is as it was written.",
        discussion: """
            The rows are bound by hashes, a chain for each user, so that a changed, removed or moved row is found. Who \
            can write to the database could forge whole chains: keep what `coffer audit heads` prints on another \
            machine, and give it to `coffer audit verify --heads` later.
            """,
        subcommands: [Verify.self, Heads.self])

    struct Verify: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Look for rows that were changed, removed, added or moved.",
            discussion: "The exit status is 0 when the log is whole, 1 when it is not.")

        @Option(help: "A file with what `coffer audit heads` printed earlier.") var heads: String?
        @Flag(help: "Print the problems as JSON.") var json = false

        func run() throws {
            let saved = try heads.map { try contents(of: $0) }
            // Reads every row there is.
            let owner = try OwnerConnection(loadConfiguration(), timeout: .seconds(24 * 3600))
            let parameters = [saved.map { Parameter.text($0) } ?? .null]
            let count = try owner.call(
                "select count(*), (select count(*) from internal.audit_log) from internal.verify_audit($1::jsonb)",
                parameters)
            let problems = count.integer(0, 0) ?? 0
            if json || problems > 0 { try Listing.auditProblems.show(owner, parameters, asJSON: json) }
            if problems > 0 { throw Failure("The audit log is not as it was written: \(problems) problems.") }
            if !json { print("\(count.text(0, 1) ?? "0") rows, no problem") }
        }

        private func contents(of path: String) throws(Failure) -> String {
            do {
                return String(decoding: try FileSystem.contents(of: path, limit: 1 << 28), as: UTF8.self)
            } catch {
                throw Failure("The file of heads cannot be read: \(error)")
            }
        }
    }

    struct Heads: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print the head of every chain as JSON, to be kept elsewhere.")

        func run() throws {
            let rows = try OwnerConnection(loadConfiguration()).call(
                "select coalesce(json_agg(h), '[]') from internal.audit_heads() h")
            print(rows.text(0, 0) ?? "[]")
        }
    }
}
