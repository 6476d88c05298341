// coffer session …

internal import ArgumentParser
internal import func CofferCore.isUUID
internal import Postgres

struct Session: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "List and end sessions.",
        discussion: "The token of an ended session stops working at once.",
        subcommands: [List.self, Revoke.self])

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List the open sessions, newest first.")

        @Option(help: "Only the sessions of this e-mail address.") var user: String?
        @Flag(help: "Print JSON.") var json = false

        func run() throws {
            try Listing.sessions.show(
                OwnerConnection(loadConfiguration()), [user.map { .text($0) } ?? .null], asJSON: json)
        }
    }

    struct Revoke: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "End one session, or all sessions of a user.")

        @Argument(help: "The session's id, as `coffer session list` shows it.") var id: String?
        @Option(help: "End all sessions of this e-mail address.") var user: String?

        func validate() throws {
            guard (id == nil) != (user == nil) else {
                throw ValidationError("Name a session, or a user with --user.")
            }
        }

        func run() throws {
            let owner = try OwnerConnection(loadConfiguration())
            if let user {
                let count = try owner.call("select internal.revoke_sessions($1) as ended", [.text(user)])
                    .readOne { try $0.integer("ended") }
                print("ended \(count) sessions")
            } else if let id {
                // PostgreSQL would write an invalid UUID into its log.
                guard isUUID(id.lowercased()) else { throw Failure("A session id must be a UUID.") }
                let isEnded = try owner.call("select internal.revoke_session($1::text::uuid) as is_ended", [.text(id)])
                    .readOne { try $0.boolean("is_ended") }
                guard isEnded else { throw Failure("There is no open session \(id).") }
            }
        }
    }
}
