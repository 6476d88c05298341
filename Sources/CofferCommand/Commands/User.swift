// coffer user …

internal import ArgumentParser
internal import Postgres

struct User: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Manage accounts.",
        discussion: "The password is asked for at a terminal, otherwise read as one line from standard input.",
        subcommands: [
            Add.self, List.self, SetPassword.self, Disable.self, Enable.self, SetRole.self, SetQuota.self,
            Delete.self,
        ])

    enum Role: String, ExpressibleByArgument, CaseIterable {
        case editor, admin
    }

    struct Add: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Create an account and print its id.")

        @Argument(help: "The e-mail address to log in with.") var email: String
        @Option(help: "What the user may do. An editor manages their own files, an admin also users.") var role: Role
        @Option(help: "The quota in bytes. Default: no limit.") var quota: Int64?

        func run() throws {
            let configuration = try loadConfiguration()
            let password = try readNewPassword()
            let quota = quota.map { Parameter.integer($0) } ?? .null
            let id = try OwnerConnection(configuration).call(
                "select internal.create_user($1, $2, $3, $4) as id",
                [.text(email), .text(password), .text(role.rawValue), quota]
            ).readOne { try $0.text("id") }
            print(id)
        }
    }

    struct SetPassword: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Set a new password and end the user's sessions.")

        @Argument(help: "The user's e-mail address.") var email: String

        func run() throws {
            let configuration = try loadConfiguration()
            let password = try readNewPassword()
            try OwnerConnection(configuration).call(
                "select internal.set_password($1, $2)", [.text(email), .text(password)])
        }
    }

    struct Disable: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Disable an account and end its sessions. Its files are kept.")

        @Argument(help: "The user's e-mail address.") var email: String

        func run() throws {
            try OwnerConnection(loadConfiguration()).call("select internal.set_disabled($1, true)", [.text(email)])
        }
    }

    struct Enable: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Enable a disabled account.")

        @Argument(help: "The user's e-mail address.") var email: String

        func run() throws {
            try OwnerConnection(loadConfiguration()).call("select internal.set_disabled($1, false)", [.text(email)])
        }
    }

    struct SetRole: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Change a user's role and end the user's sessions.")

        @Argument(help: "The user's e-mail address.") var email: String
        @Argument(help: "The new role.") var role: Role

        func run() throws {
            try OwnerConnection(loadConfiguration()).call(
                "select internal.set_role($1, $2)", [.text(email), .text(role.rawValue)])
        }
    }

    struct SetQuota: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Set or remove the quota of a user.",
            discussion: "Files that are already stored are kept, even above the quota.")

        @Argument(help: "The user's e-mail address.") var email: String
        @Argument(help: "The quota in bytes. Omit it to remove the quota.") var bytes: Int64?

        func run() throws {
            try OwnerConnection(loadConfiguration()).call(
                "select internal.set_quota($1, $2)", [.text(email), bytes.map { .integer($0) } ?? .null])
        }
    }

    struct Delete: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Delete a user and all their files.")

        @Argument(help: "The user's e-mail address.") var email: String

        func run() throws {
            try OwnerConnection(loadConfiguration()).call("select internal.delete_user($1)", [.text(email)])
        }
    }
}
