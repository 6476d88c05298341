// coffer user …

internal import ArgumentParser
internal import Postgres

struct User: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Manage accounts.",
        discussion: "Passwords are asked for at a terminal, else read as one line of standard input.",
        subcommands: [
            Add.self, List.self, SetPassword.self, Disable.self, Enable.self, SetRole.self, SetQuota.self,
            Delete.self,
        ])

    enum Role: String, ExpressibleByArgument, CaseIterable {
        case editor, admin
    }

    struct Add: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Create an account.")

        @Argument(help: "E-mail address, the name to log in with.") var email: String
        @Option(help: "An editor sees own files; an admin manages users too.") var role: Role
        @Option(help: "Most bytes the files may have together; without it there is no limit.") var quota: Int64?

        func run() throws {
            let configuration = try loadConfiguration()
            let password = try readNewPassword()
            let quota = quota.map { Parameter.integer($0) } ?? .null
            let rows = try OwnerConnection(configuration).call(
                "select internal.create_user($1, $2, $3, $4)",
                [.text(email), .text(password), .text(role.rawValue), quota])
            print(rows.text(0, 0) ?? "")
        }
    }

    struct SetPassword: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Set a new password and end the sessions.")

        @Argument(help: "E-mail address.") var email: String

        func run() throws {
            let configuration = try loadConfiguration()
            let password = try readNewPassword()
            try OwnerConnection(configuration).call(
                "select internal.set_password($1, $2)", [.text(email), .text(password)])
        }
    }

    struct Disable: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Refuse a user and end the sessions; files stay.")

        @Argument(help: "E-mail address.") var email: String

        func run() throws {
            try OwnerConnection(loadConfiguration()).call("select internal.set_disabled($1, true)", [.text(email)])
        }
    }

    struct Enable: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Admit a disabled user again.")

        @Argument(help: "E-mail address.") var email: String

        func run() throws {
            try OwnerConnection(loadConfiguration()).call("select internal.set_disabled($1, false)", [.text(email)])
        }
    }

    struct SetRole: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Make a user an editor or an admin.")

        @Argument(help: "E-mail address.") var email: String
        @Argument(help: "editor or admin.") var role: Role

        func run() throws {
            try OwnerConnection(loadConfiguration()).call(
                "select internal.set_role($1, $2)", [.text(email), .text(role.rawValue)])
        }
    }

    struct SetQuota: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Set or lift the limit of what a user's files take together.",
            discussion: "What is stored already stays, also above the limit.")

        @Argument(help: "E-mail address.") var email: String
        @Argument(help: "Bytes; left out for no limit.") var bytes: Int64?

        func run() throws {
            try OwnerConnection(loadConfiguration()).call(
                "select internal.set_quota($1, $2)", [.text(email), bytes.map { .integer($0) } ?? .null])
        }
    }

    struct Delete: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Delete a user with all files.")

        @Argument(help: "E-mail address.") var email: String

        func run() throws {
            try OwnerConnection(loadConfiguration()).call("select internal.delete_user($1)", [.text(email)])
        }
    }
}
