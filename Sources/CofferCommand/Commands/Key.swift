// coffer key …

internal import ArgumentParser
internal import Postgres

struct Key: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Manage the keys that sign tokens.",
        discussion: """
            After a rotation older keys still verify, so that nobody is logged out; retire a key once the sessions \
            that it signed have expired, or at once when it has leaked.
            """,
        subcommands: [Rotate.self, List.self, Retire.self])

    struct Rotate: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Sign with a new key from now on; print its kid.")

        func run() throws {
            let rows = try OwnerConnection(loadConfiguration()).call("select internal.rotate_key()")
            print(rows.text(0, 0) ?? "")
        }
    }

    struct Retire: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Erase a key: its tokens stop working.")

        @Argument(help: "The key, as `coffer key list` shows it.") var kid: String

        func run() throws {
            try OwnerConnection(loadConfiguration()).call("select internal.retire_key($1)", [.text(kid)])
        }
    }
}
