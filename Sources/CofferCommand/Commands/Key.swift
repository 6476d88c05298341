// coffer key …

internal import ArgumentParser
internal import Postgres

struct Key: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Manage the keys that sign tokens.",
        discussion: """
            After a rotation the older keys still verify tokens, so all sessions continue. Retire a key when the \
            sessions that it signed have expired, or at once if it has leaked.
            """,
        subcommands: [Rotate.self, List.self, Retire.self])

    struct Rotate: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Create a new signing key and print its id.")

        func run() throws {
            let key = try OwnerConnection(loadConfiguration()).call("select internal.rotate_key() as kid")
                .readOne { try $0.text("kid") }
            print(key)
        }
    }

    struct Retire: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Erase a key. Its tokens stop working in 30 seconds.")

        @Argument(help: "The key's id, as `coffer key list` shows it.") var kid: String

        func run() throws {
            try OwnerConnection(loadConfiguration()).call("select internal.retire_key($1)", [.text(kid)])
        }
    }
}
