// One operation for each method of each route: its name, and its words.

/// How the document groups operations.
enum Tag: String, CaseIterable {
    case session = "Session"
    case files = "Files"
    case folders = "Folders"
    case users = "Users"
    case audit = "Audit log"
    case service = "Service"
    case options = "Options"

    private var text: String {
        switch self {
        case .session: "Log in, log out, who you are."
        case .files: "Store, find, fetch, rename and delete files."
        case .folders: "Folders exist by their files: look into one, or move it."
        case .users: "Accounts. Admins manage them; an editor sees their own."
        case .audit: "Who did what and when."
        case .service: "What there is, and whether it works."
        case .options: "The methods of each path, for anybody."
        }
    }

    static var all: OrderedJSON {
        .array(allCases.map { ["name": .string($0.rawValue), "description": .string($0.text)] })
    }
}

extension Route {
    private var tag: Tag {
        switch self {
        case .login, .logout, .changePassword, .whoami: .session
        case .storeFile, .retrieveFile, .files: .files
        case .listFolder, .moveFolder: .folders
        case .users, .createUser, .resetPassword, .deleteUser: .users
        case .auditLog: .audit
        case .root, .openAPI, .live, .ready: .service
        }
    }

    /// The last words of the path.
    var operationName: String {
        if self == .root { return "root" }
        let path = path.hasPrefix("/rpc/") ? path.dropFirst(5) : path.dropFirst()
        return path.prefix { $0 != "." }.split(separator: "/").joined(separator: "_")
    }

    private func operationID(_ method: Method) -> String {
        switch (self, method) {
        case (.files, .get), (.users, .get), (.auditLog, .get): "list_\(operationName)"
        case (_, .patch): "update_\(operationName)"
        case (.files, .delete): "delete_\(operationName)"
        case (_, .get): operationName
        case (_, .post) where !methods.contains(.get): operationName
        default: "\(method.rawValue.lowercased())_\(operationName)"
        }
    }

    func operation(_ method: Method, sharing shared: Set<FailureResponse>) -> OrderedJSON {
        let (summary, text) = words(method)
        let parameters = parameters(of: method).map { OrderedJSON.reference("parameters", $0.component) }
        return ["operationId": .string(operationID(method))]
            + ["tags": [.string((method == .options ? .options : tag).rawValue)], "summary": .string(summary)]
            + (text.isEmpty ? [:] : ["description": .string(text)])
            + (access(method) == .public ? ["security": []] : [:])
            + (parameters.isEmpty ? [:] : ["parameters": .array(parameters)])
            + (requestBody(of: method).map { ["requestBody": $0] } ?? [:])
            + ["responses": responses(of: method, sharing: shared)]
    }

    private func words(_ method: Method) -> (summary: String, text: String) {
        switch method {
        case .options: ("Methods of \(path)", "Needs no token.")
        case .head: ("Head of: " + words.summary, "What GET answers, without its body.")
        case .patch where self == .files:
            (
                "Rename or describe files",
                "Changes those of your own files that the filters select; without any filter all of them. Admins too "
                    + "change only their own."
            )
        case .patch:
            (
                "Change users",
                "Admins only. Changes the users whom the filters select; without any filter all of them. The last "
                    + "enabled admin cannot be disabled or demoted. Disabling a user or changing the role ends their "
                    + "sessions."
            )
        case .delete:
            (
                "Delete files",
                "Deletes those of your own files that the filters select, at least one of which is required. Admins too "
                    + "delete only their own."
            )
        case .post where methods.contains(.get):
            (words.summary + ", by POST", "The same as by GET, with the arguments in a JSON object.")
        default: words
        }
    }

    private var words: (summary: String, text: String) {
        switch self {
        case .login:
            (
                "Log in",
                "Answers with a token for `Authorization: Bearer`, or sets the session cookie. After too many failures "
                    + "in 15 minutes an account or an address is refused for a while, with the right password too."
            )
        case .logout: ("Log out", "The token stops working at once, everywhere.")
        case .changePassword: ("Change your password", "Your other sessions end; this one goes on.")
        case .whoami: ("Who you are", "")
        case .storeFile:
            (
                "Store a file",
                "Creates the file of that path, or overwrites it and keeps its id. All or nothing: a body that is cut "
                    + "short or has another digest changes nothing."
            )
        case .retrieveFile:
            (
                "Fetch a file",
                "The content of one of your own files. Another user's is as absent as one that never was, for admins "
                    + "too."
            )
        case .listFolder:
            (
                "Look into a folder",
                "One level of your own tree. For the next page follow `Link`, or repeat the call with the last entry's "
                    + "`cursor`."
            )
        case .moveFolder:
            ("Move a folder", "Gives all your files below one path another, in one step: all of them or none.")
        case .files: ("List files", "An editor sees their own, an admin everyone's (not their content).")
        case .users: ("List users", "An editor sees their own row, an admin all.")
        case .createUser: ("Create a user", "Admins only.")
        case .resetPassword: ("Set a user's password", "Admins only. Ends the user's sessions.")
        case .deleteUser:
            ("Delete a user", "Admins only. Their files go with them. The last enabled admin cannot be deleted.")
        case .auditLog: ("Read the audit log", "An editor sees their own entries, an admin all.")
        case .root: ("The page, or this document", "The document for `Accept: application/openapi+json`.")
        case .openAPI: ("This document", "")
        case .live: ("Whether the service answers", "")
        case .ready:
            ("Whether the service works", "Asks database and storage; a failure says in `details` which of them.")
        }
    }
}
