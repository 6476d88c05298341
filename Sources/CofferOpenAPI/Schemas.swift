// The schemas of requests and responses, made from the columns and arguments.

internal import CofferCore

enum Schemas {
    /// The components of this kind.
    static var all: OrderedJSON {
        [
            "File": .rows(of: .files(for: .admin)),
            "FileChanges": .changes(of: .files(for: .admin)),
            "FolderEntry": folderEntry,
            "TrashEntry": .rows(of: .trash(for: .admin)),
            "FolderRestored": restored,
            "User": .rows(of: .users(for: .admin)),
            "UserChanges": .changes(of: .users(for: .admin)),
            "Session": .rows(of: .sessions(for: .admin)),
            "AuditEntry": .rows(of: .auditLog(for: .admin)),
            "WhoAmI": whoAmI,
            "Token": token,
            "Health": health,
            "Description": description,
            "Filter": filter,
            "Error": error,
        ]
    }

    /// The body of every failure.
    private static var error: OrderedJSON {
        let text: OrderedJSON = ["type": ["string", "null"]]
        return [
            "type": "object",
            "description": "Every error has this form.",
            "properties": [
                "code": [
                    "type": "string",
                    "description": "The kind of error, for programs. The meaning of a code never changes.",
                ],
                "details": text, "hint": text,
                "message": ["type": "string", "description": "The error, for people."],
            ],
            "required": ["code", "details", "hint", "message"],
            "additionalProperties": false,
        ]
    }

    private static var token: OrderedJSON {
        [
            "type": "object",
            "properties": [
                "token": ["type": "string", "description": "A JSON Web Token. Send it as `Authorization: Bearer`."]
            ],
            "required": ["token"],
            "examples": [["token": RunningExample.token]],
        ]
    }

    /// The caller's account: columns of `users`, the limit of uploads, and the end of the session.
    private static var whoAmI: OrderedJSON {
        let users = Relation.users(for: .editor)
        let columns = users.columns.filter {
            ["email", "role", "quota_bytes", "used_bytes", "file_count", "trash_bytes", "version_bytes"]
                .contains($0.name)
        }
        let id = ValueFacts("Your id.", RunningExample.userID)
        let limit = ValueFacts(
            "The largest upload in bytes; null for no limit.", RunningExample.uploadLimit, nullable: true,
            rules: ValueFacts.byteCount)
        let days = { (what: String) in
            ValueFacts("How many days \(what); 0 for none.", 30, rules: ValueFacts.byteCount)
        }
        let expiry = ValueFacts("When the session expires.", RunningExample.updated, nullable: true)
        return .object(
            ofRequired: [("user_id", id, .uuid)] + columns.map { ($0.name, users.facts($0), $0.kind) }
                + [
                    ("session_expires_at", expiry, .timestamp), ("max_upload_bytes", limit, .integer),
                    ("trash_days", days("deleted files stay in the trash"), .integer),
                    ("version_days", days("replaced contents stay as versions"), .integer),
                ],
            "Your account, your totals and limits, and your session.")
    }

    /// A file or a folder. The columns of a file, except for its size, are null for a folder.
    private static var folderEntry: OrderedJSON {
        let files = Relation.files(for: .editor)
        let columns = files.columns.map { column in
            var facts = files.facts(column)
            facts.isNullable = column.name != "size_bytes"
            return (column.name, facts, column.kind)
        }
        return .object(
            ofRequired: [
                ("name", ValueFacts("The name within the folder.", RunningExample.name), .text),
                ("is_folder", ValueFacts("Whether it is a folder.", false), .boolean),
            ] + columns + [
                (
                    "file_count",
                    ValueFacts("The number of files below a folder; null for a file.", nil, nullable: true), .integer
                ), ("cursor", ValueFacts("A cursor to continue after this entry.", RunningExample.cursor), .text),
            ],
            "A file or a folder. A folder's `size_bytes` is the total of all files below it; the rest is null."
        )
    }

    private static var restored: OrderedJSON {
        let count = { (text: String) in ValueFacts(text, 1, rules: ValueFacts.byteCount) }
        return .object(
            ofRequired: [
                ("kept", count("The number of files that are as they were."), .integer),
                ("restored", count("The number of files that came from the trash."), .integer),
                ("removed", count("The number of files that went to the trash."), .integer),
            ], "What was done to a folder.")
    }

    private static var health: OrderedJSON {
        [
            "type": "object", "properties": ["status": ["type": "string", "enum": ["live", "ready"]]],
            "required": ["status"], "additionalProperties": false, "examples": [["status": "ready"]],
        ]
    }

    private static var description: OrderedJSON {
        [
            "type": "object", "description": "This document.",
            "required": ["openapi", "info", "paths"], "properties": ["openapi": ["const": "3.1.0"]],
        ]
    }

    /// The form of a filter. The allowed values depend on the column.
    private static var filter: OrderedJSON {
        let names = Filter.Operator.allCases.map(\.rawValue) + ["in", "is"]
        return [
            "type": "string",
            "description": .string(
                "`[not.]operator[(any|all)].value` with one of the operators \(names.joined(separator: ", ")). "
                    + "`in.(a,\"b,c\")` takes a list, `is.null` and `is.not_null` test for null, `*` stands for any "
                    + "text in `like` and `ilike`. A column may be given several times; all its filters must hold."),
            "pattern": .string("^(not\\.)?(\(names.joined(separator: "|")))(\\((any|all)\\))?\\."),
        ]
    }
}

extension OrderedJSON {
    /// The schema of an object whose members are all required.
    fileprivate static func object(ofRequired members: [(String, ValueFacts, Column.Kind)], _ text: String)
        -> OrderedJSON
    {
        [
            "type": "object", "description": .string(text),
            "properties": .members(
                members.map { ($0.0, $0.1.schema(type: $0.2.jsonType.type, format: $0.2.jsonType.format)) }),
            "required": .array(members.map { .string($0.0) }), "additionalProperties": false,
            "examples": [.members(members.map { ($0.0, $0.1.example) })],
        ]
    }

    /// The schema of a row. No column is required, because `select` chooses the columns.
    fileprivate static func rows(of relation: Relation) -> OrderedJSON {
        [
            "type": "object",
            "description": "A row. With `select` it has the selected columns, under the selected names.",
            "properties": .columns(relation.columns, of: relation),
            "examples": [.example(relation.columns, of: relation)],
        ]
    }

    /// The schema of a PATCH's body.
    fileprivate static func changes(of relation: Relation) -> OrderedJSON {
        [
            "type": "object", "description": "The columns to set. Others do not change.",
            "properties": .columns(relation.writable, of: relation), "additionalProperties": false,
            "examples": [.example(relation.writable, of: relation)],
        ]
    }

    private static func columns(_ columns: [Column], of relation: Relation) -> OrderedJSON {
        .members(
            columns.map {
                let (type, format) = $0.kind.jsonType
                return ($0.name, relation.facts($0).schema(type: type, format: format))
            })
    }

    static func example(_ columns: [Column], of relation: Relation) -> OrderedJSON {
        .members(columns.map { ($0.name, relation.facts($0).example) })
    }
}
