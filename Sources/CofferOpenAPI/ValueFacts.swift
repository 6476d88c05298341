// The meaning of columns and arguments: for each a sentence, an example and the rules of its values. Their names and
// kinds are in Relation.swift and Argument.swift.

internal import CofferCore

/// The description of a value, apart from its kind.
struct ValueFacts {
    let text: String
    let example: OrderedJSON
    var isNullable = false
    /// Further keywords of the JSON schema.
    var rules: OrderedJSON = [:]

    init(_ text: String, _ example: OrderedJSON, nullable: Bool = false, rules: OrderedJSON = [:]) {
        self.text = text
        self.example = example
        isNullable = nullable
        self.rules = rules
    }

    /// The JSON schema of the value.
    func schema(type: String, format: String?) -> OrderedJSON {
        var rules = rules
        // An enumeration allows null only where it lists it.
        if isNullable, case .object(let members) = rules {
            rules = .object(
                members.map {
                    guard $0.name == "enum", case .array(let values) = $0.value else { return $0 }
                    return OrderedJSON.Member(name: "enum", value: .array(values + [.null]))
                })
        }
        let type: OrderedJSON = isNullable ? [.string(type), "null"] : .string(type)
        let format: OrderedJSON = format.map { ["format": .string($0)] } ?? [:]
        return ["type": type] + format + rules + ["description": .string(text), "examples": [example]]
    }

    static let byteCount: OrderedJSON = ["minimum": 0]
    fileprivate static let role: OrderedJSON = ["enum": .array(Role.allCases.map { .string($0.rawValue) })]
    fileprivate static let email: OrderedJSON = ["maxLength": 254, "pattern": "^[^\\s@]+@[^\\s@]+$"]
    fileprivate static let path: OrderedJSON = ["minLength": 1, "maxLength": .integer(Int64(FilePath.maximumLength))]
    fileprivate static let newPassword = ValueFacts(
        "The new password: at least 10 characters and at most 72 bytes in NFC, and not the e-mail address.",
        RunningExample.newPassword, rules: ["minLength": 10, "maxLength": 72])
}

extension Column.Kind {
    var jsonType: (type: String, format: String?) {
        switch self {
        case .text: ("string", nil)
        case .uuid: ("string", "uuid")
        case .integer: ("integer", "int64")
        case .timestamp: ("string", "date-time")
        case .boolean: ("boolean", nil)
        }
    }
}

extension Argument.Kind {
    var jsonType: (type: String, format: String?) {
        switch self {
        case .text: ("string", nil)
        case .uuid: ("string", "uuid")
        case .integer: ("integer", "int64")
        case .timestamp: ("string", "date-time")
        }
    }
}

extension Relation {
    func facts(_ column: Column) -> ValueFacts {
        switch name {
        case "files": fileFacts(column.name)
        case "trash": trashFacts(column.name)
        case "users": userFacts(column.name)
        case "sessions": sessionFacts(column.name)
        default: auditFacts(column.name)
        }
    }

    private func fileFacts(_ column: String) -> ValueFacts {
        switch column {
        case "id":
            ValueFacts("The file's id. It stays the same when the file is replaced or moved.", RunningExample.fileID)
        case "user_id": ValueFacts("The owner's id.", RunningExample.userID)
        case "file_path":
            ValueFacts(
                "The file's path, in Unicode NFC. `/` separates folders.", RunningExample.path,
                rules: ValueFacts.path)
        case "description":
            ValueFacts(
                "The owner's description of the file.", RunningExample.description, nullable: true,
                rules: ["maxLength": .integer(Int64(PatchBody.maximumDescription))])
        case "content_type":
            ValueFacts(
                "The media type of downloads. `charset=utf-8` was added to text in UTF-8 that had no charset.",
                RunningExample.mediaType)
        case "size_bytes":
            ValueFacts("The size of the content in bytes.", RunningExample.size, rules: ValueFacts.byteCount)
        case "sha256":
            ValueFacts(
                "The SHA-256 of the content in hexadecimal. The ETag is the same in quotes.",
                .string(RunningExample.sha256),
                rules: ["pattern": "^[0-9a-f]{64}$"])
        case "created_at": ValueFacts("When the file was first stored.", RunningExample.created)
        case "updated_at":
            ValueFacts("When content, path, description or modified_at last changed.", RunningExample.updated)
        case "modified_at":
            ValueFacts("When the content was last changed, as the client said.", RunningExample.updated)
        case "owner_email": ValueFacts("The owner's e-mail address. Only for admins.", RunningExample.email)
        default: ValueFacts("", nil)
        }
    }

    private func trashFacts(_ column: String) -> ValueFacts {
        switch column {
        case "id": ValueFacts("The id of the entry.", RunningExample.versionID)
        case "entry_id":
            ValueFacts(
                "What was deleted together has the same, so it can be restored together.", RunningExample.entryID)
        case "file_id": ValueFacts("The file's id.", RunningExample.fileID)
        case "file_path":
            ValueFacts("The file's path when it was deleted or replaced.", RunningExample.path, rules: ValueFacts.path)
        case "reason":
            ValueFacts(
                "Whether the file was deleted, or its content was replaced.", "deleted",
                rules: ["enum": ["deleted", "replaced"]])
        case "removed_at": ValueFacts("When it was deleted or replaced.", RunningExample.updated)
        case "expires_at": ValueFacts("Until when it is kept.", RunningExample.updated)
        default: fileFacts(column)
        }
    }

    private func userFacts(_ column: String) -> ValueFacts {
        switch column {
        case "id": ValueFacts("The user's id.", RunningExample.userID)
        case "email":
            ValueFacts("The address that the user logs in with.", RunningExample.email, rules: ValueFacts.email)
        case "role":
            ValueFacts(
                "An admin manages users. No role can read the files of other users.", "editor", rules: ValueFacts.role)
        case "quota_bytes":
            ValueFacts(
                "The quota in bytes; null for no quota.", RunningExample.quota,
                nullable: true, rules: ValueFacts.byteCount)
        case "used_bytes":
            ValueFacts("The total size of the user's files in bytes.", RunningExample.size, rules: ValueFacts.byteCount)
        case "file_count": ValueFacts("The number of the user's files.", 1, rules: ValueFacts.byteCount)
        case "trash_bytes":
            ValueFacts(
                "The total size of the user's trash in bytes, with the versions. It counts toward the quota.", 0,
                rules: ValueFacts.byteCount)
        case "version_bytes":
            ValueFacts("The total size of the versions in the trash.", 0, rules: ValueFacts.byteCount)
        case "disabled_at":
            ValueFacts("When the user was disabled; null if the user can log in.", nil, nullable: true)
        case "created_at": ValueFacts("When the account was created.", RunningExample.created)
        case "disabled": ValueFacts("Whether the user is disabled. Disabling ends the sessions.", true)
        default: ValueFacts("", nil)
        }
    }

    private func sessionFacts(_ column: String) -> ValueFacts {
        switch column {
        case "id": ValueFacts("The session's name. It is not the `sid` of the token.", RunningExample.sessionID)
        case "user_id": ValueFacts("The id of the user who is logged in.", RunningExample.userID)
        case "created_at": ValueFacts("When the user logged in.", RunningExample.created)
        case "expires_at": ValueFacts("When the session ends by itself.", RunningExample.updated)
        case "is_current": ValueFacts("Whether it is the session of this request.", true)
        case "owner_email": ValueFacts("The user's e-mail address. Only for admins.", RunningExample.email)
        default: ValueFacts("", nil)
        }
    }

    private func auditFacts(_ column: String) -> ValueFacts {
        switch column {
        case "id": ValueFacts("The entry's number. Later entries have larger numbers.", 42)
        case "occurred_at": ValueFacts("When it happened.", RunningExample.created)
        case "actor_id":
            ValueFacts(
                "Who did it; null for the operator, and if there was no session.", RunningExample.userID,
                nullable: true)
        case "user_id":
            ValueFacts(
                "The account concerned; null if it does not exist.", RunningExample.userID,
                nullable: true)
        case "action": ValueFacts("What was done: `login`, `login_failed`, `store`, `delete`, `move` …", "store")
        case "subject":
            ValueFacts(
                "The path of the file, or the e-mail address of the account.", RunningExample.path, nullable: true)
        case "request_id":
            ValueFacts("The `X-Request-Id` of the request.", RunningExample.requestID, nullable: true)
        case "remote_address": ValueFacts("The client's address.", RunningExample.address, nullable: true)
        default: ValueFacts("", nil)
        }
    }
}

extension Route {
    func facts(_ argument: Argument) -> ValueFacts {
        switch argument.name {
        case "email", "p_email":
            // A login has no rule for the address: it answers an invalid address like a wrong one.
            ValueFacts(
                "The user's e-mail address. Upper and lower case are the same.", RunningExample.email,
                rules: self == .login ? [:] : ValueFacts.email)
        case "password": ValueFacts("The user's password.", RunningExample.password)
        case "p_password":
            ValueFacts(
                "The first password: at least 10 characters and at most 72 bytes in NFC, and not the e-mail address.",
                RunningExample.password, rules: ["minLength": 10, "maxLength": 72])
        case "p_current_password": ValueFacts("The current password.", RunningExample.password)
        case "p_new_password": ValueFacts.newPassword
        case "p_role": ValueFacts("The role of the user.", "editor", rules: ValueFacts.role)
        case "p_quota_bytes":
            ValueFacts(
                "The quota in bytes; null for no quota.", RunningExample.quota,
                nullable: true, rules: ValueFacts.byteCount)
        case "p_user_id": ValueFacts("The user's id, as `/users` shows it.", RunningExample.userID)
        case "p_folder" where [.createFolder, .deleteFolder].contains(self):
            ValueFacts("The path of the folder.", RunningExample.folder, rules: ValueFacts.path)
        case "p_folder":
            ValueFacts(
                "The path of the folder. Empty or absent means the root.", RunningExample.folder, nullable: true,
                rules: ["maxLength": .integer(Int64(FilePath.maximumLength))])
        case "p_limit":
            ValueFacts(
                "The largest number of entries. The installation has its own limit, by default 1,000.", 100,
                nullable: true, rules: ["minimum": 1])
        case "p_cursor":
            ValueFacts(
                "The `cursor` of an entry. The answer continues after that entry.", RunningExample.cursor,
                nullable: true)
        case "p_id": ValueFacts("The id of an entry of the trash.", RunningExample.versionID, nullable: true)
        case "p_entry_id":
            ValueFacts("The `entry_id` of entries of the trash, instead of `p_id`.", nil, nullable: true)
        case "p_file_path":
            ValueFacts("The path of the restored file. Absent means the path that it had.", nil, nullable: true)
        case "p_at": ValueFacts("The time, in the past.", RunningExample.updated)
        case "p_from" where self == .copy:
            ValueFacts("The file or folder to copy.", RunningExample.folder, rules: ValueFacts.path)
        case "p_to" where self == .copy:
            ValueFacts("The path of the copy.", RunningExample.newFolder, rules: ValueFacts.path)
        case "p_from": ValueFacts("The folder to move.", RunningExample.folder, rules: ValueFacts.path)
        case "p_to": ValueFacts("Its new path.", RunningExample.newFolder, rules: ValueFacts.path)
        default: ValueFacts("", nil)
        }
    }
}
