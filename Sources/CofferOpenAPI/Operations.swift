// The operations, one for each method of each route, with their names and texts.

internal import CofferCore

/// A group of operations.
enum OperationTag: String, CaseIterable {
    case session = "Session"
    case files = "Files"
    case uploads = "Resumable uploads"
    case folders = "Folders"
    case trash = "Trash"
    case users = "Users"
    case audit = "Audit log"
    case service = "Service"
    case options = "Options"

    private var text: String {
        switch self {
        case .session: "Log in, log out, who you are, and where you are logged in."
        case .files: "Store, find, download, rename and delete files."
        case .folders:
            "Create, list, move, copy, download or delete a folder. One that was not created exists while it has files."
        case .trash: "Deleted files and replaced contents, until they expire."
        case .uploads: "Upload a file in several requests, each of which may break (tus 1.0)."
        case .users: "Accounts. Admins manage them; an editor sees their own."
        case .audit: "Who did what and when."
        case .service: "This description, and the health and the figures of the service."
        case .options: "The methods of each path. No token is needed."
        }
    }

    static var all: OrderedJSON {
        .array(allCases.map { ["name": .string($0.rawValue), "description": .string($0.text)] })
    }
}

extension Route {
    private var tag: OperationTag {
        switch self {
        case .login, .logout, .changePassword, .whoami, .sessions: .session
        case .storeFile, .retrieveFile, .files: .files
        case .listFolder, .createFolder, .moveFolder, .deleteFolder, .downloadFolder,
            .copy:
            .folders
        case .trash, .restore, .restoreFolder: .trash
        case .uploads, .upload: .uploads
        case .users, .createUser, .resetPassword, .deleteUser: .users
        case .auditLog: .audit
        case .root, .openAPI, .live, .ready, .metrics: .service
        }
    }

    /// The path's last segments, joined by `_`.
    var operationName: String {
        if self == .root { return "root" }
        let path = path.hasPrefix("/rpc/") ? path.dropFirst(5) : path.dropFirst()
        if self == .upload { return "upload" }
        return path.prefix { $0 != "." }.split(separator: "/").joined(separator: "_")
    }

    private func operationID(_ method: Method) -> String {
        switch (self, method) {
        case (.files, .get), (.trash, .get), (.users, .get), (.sessions, .get), (.auditLog, .get):
            "list_\(operationName)"
        case (.uploads, .post): "create_upload"
        case (.upload, .patch): "continue_upload"
        case (.upload, .delete): "end_upload"
        case (_, .patch): "update_\(operationName)"
        case (.files, .delete), (.trash, .delete), (.sessions, .delete): "delete_\(operationName)"
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
            + security(of: method)
            + (parameters.isEmpty ? [:] : ["parameters": .array(parameters)])
            + (requestBody(of: method).map { ["requestBody": $0] } ?? [:])
            + ["responses": responses(of: method, sharing: shared)]
    }

    /// What differs from the document's default, a session.
    private func security(of method: Method) -> OrderedJSON {
        switch access(method) {
        case .public: ["security": []]
        case .monitoring: ["security": [["metrics": []]]]
        case .session, .admin: [:]
        }
    }

    private func words(_ method: Method) -> (summary: String, text: String) {
        switch method {
        case .options: ("Methods of \(path)", isHidden ? "" : "No token is needed.")
        case _ where isResumable: uploadWords(method)
        case .head: ("Head of: " + words.summary, "The answer of GET without its body.")
        case .patch where self == .files:
            (
                "Rename or describe files",
                "Changes those of your own files that match the filters. A filter is required. Admins, too, can "
                    + "change only their own files."
            )
        case .patch:
            (
                "Change users",
                "Admins only. Changes the users that match the filters. A filter is required. The last "
                    + "enabled admin cannot be disabled or demoted. Disabling a user or changing the role ends their "
                    + "sessions."
            )
        case .delete where self == .trash:
            (
                "Remove from the trash",
                "Removes what matches the filters from your own trash for good. A filter is required."
            )
        case .delete where self == .sessions:
            (
                "End sessions",
                "Ends those of your own sessions that match the filters; their tokens stop working at once. A filter is "
                    + "required. An admin can end everyone's."
            )
        case .delete:
            (
                "Delete files",
                "Moves those of your own files that match the filters to the trash. A filter is required. Admins, "
                    + "too, can delete only their own files."
            )
        case .post where methods.contains(.get):
            (words.summary + ", by POST", "The same as GET, with the arguments in a JSON object.")
        default: words
        }
    }

    private var words: (summary: String, text: String) {
        switch self {
        case .login:
            (
                "Log in",
                "Answers with a token for `Authorization: Bearer`, or sets the session cookie. Too many failures in "
                    + "15 minutes block the account or the address for a while, even with the right password."
            )
        case .logout: ("Log out", "The token stops working at once.")
        case .changePassword: ("Change your password", "Your other sessions end; this one continues.")
        case .whoami: ("Who you are", "")
        case .sessions:
            (
                "List sessions",
                "An editor sees where they are logged in. An admin sees everyone's sessions. `is_current` is true for "
                    + "the session of the request."
            )
        case .storeFile:
            (
                "Store a file",
                "Creates the file at that path, or replaces its content and keeps its id. A body that is cut short or "
                    + "has another digest changes nothing."
            )
        case .retrieveFile:
            (
                "Download a file",
                "The content of one of your own files. For another user's file the answer is the same as for a file "
                    + "that does not exist, for admins as well."
            )
        case .listFolder:
            (
                "List a folder",
                "One level of your own files and folders. For the next page, follow `Link`, or send the `cursor` of "
                    + "the last entry."
            )
        case .createFolder:
            (
                "Create a folder",
                "Creates it with the folders above it. It stays until it is deleted, also without files."
            )
        case .deleteFolder:
            (
                "Delete a folder",
                "Moves all your files below it to the trash, as one entry. Its answer is their number."
            )
        case .trash:
            (
                "List the trash",
                "An editor sees what they deleted or replaced. An admin sees the metadata of everyone's. Download an "
                    + "entry by `/rpc/retrieve_file?p_version=`."
            )
        case .restore:
            (
                "Restore from the trash",
                "With `p_id`, makes one deleted file a file again, at `p_file_path` if that is given, or makes a "
                    + "version the content of its file; answers with the file's id. With `p_entry_id`, restores "
                    + "everything that was deleted together, or nothing; answers with the number of files."
            )
        case .restoreFolder:
            (
                "Bring a folder back to a time",
                "Makes all that is below the folder as it was at that time, as far as the trash reaches. What is "
                    + "there now and was not then goes to the trash. In one transaction."
            )
        case .moveFolder:
            ("Move a folder", "Moves all your files below one path to another path, in one transaction.")
        case .downloadFolder:
            (
                "Download a folder",
                "A ZIP archive of all your own files below a folder, or of a selection of files and folders. Their "
                    + "names are relative to the folder, or to the one that contains the selection. The files are stored "
                    + "without compression. If one cannot be read, the connection breaks: an archive that is shorter "
                    + "than `Content-Length` is not complete. At most half of the workers send archives at once."
            )
        case .copy:
            (
                "Copy a file or a folder",
                "Copies one of your own files, or all that is below a folder, to a path that does not exist yet. The "
                    + "store copies the bytes. The copies keep description, media type and `modified_at`. In one "
                    + "transaction."
            )
        case .files: ("List files", "An editor sees their own files. An admin sees the metadata of everyone's.")
        case .users: ("List users", "An editor sees their own row, an admin sees all.")
        case .createUser: ("Create a user", "Admins only.")
        case .resetPassword: ("Set a user's password", "Admins only. Ends the user's sessions.")
        case .deleteUser:
            ("Delete a user", "Admins only. Deletes the user's files, too. The last enabled admin cannot be deleted.")
        case .auditLog: ("Read the audit log", "An editor sees their own entries, an admin sees all.")
        case .uploads, .upload: uploadWords(.post)
        case .root:
            (
                "The web app, or this document",
                "This document for `Accept: application/openapi+json`, otherwise the web app."
            )
        case .openAPI: ("This document", "")
        case .live: ("Whether the service answers", "")
        case .ready:
            (
                "Whether the service works",
                "Checks the database, the storage, the web server and the clock. The `details` of an error name what "
                    + "failed."
            )
        case .metrics:
            (
                "Figures for a monitoring system",
                "In Prometheus' text format. With `COFFER_METRICS_TOKEN`, or from a loopback address if the "
                    + "configuration allows it. For all others there is no such path: the answer is that of any "
                    + "unknown path."
            )
        }
    }
}
