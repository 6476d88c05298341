// The schemas of what is sent and answered, from the columns and arguments.

enum Schemas {
    /// All components of this kind.
    static var all: OrderedJSON {
        [
            "File": .rows(of: .files(for: .admin)),
            "FileChanges": .changes(of: .files(for: .admin)),
            "FolderEntry": folderEntry,
            "User": .rows(of: .users(for: .admin)),
            "UserChanges": .changes(of: .users(for: .admin)),
            "AuditEntry": .rows(of: .auditLog(for: .admin)),
            "WhoAmI": whoAmI,
            "Token": token,
            "Health": health,
            "Description": description,
            "Filter": filter,
            "Error": error,
        ]
    }

    /// The four keys of every failure.
    private static var error: OrderedJSON {
        let text: OrderedJSON = ["type": ["string", "null"]]
        return [
            "type": "object",
            "description": "Every failure, whoever finds it.",
            "properties": [
                "code": [
                    "type": "string", "description": "What went wrong, for programs. A code keeps its meaning.",
                ],
                "details": text, "hint": text, "message": ["type": "string", "description": "The same for people."],
            ],
            "required": ["code", "details", "hint", "message"],
            "additionalProperties": false,
        ]
    }

    private static var token: OrderedJSON {
        [
            "type": "object",
            "properties": ["token": ["type": "string", "description": "A JSON Web Token, to be sent as Bearer."]],
            "required": ["token"],
            "examples": [["token": RunningExample.token]],
        ]
    }

    /// The columns of a user that their session tells them.
    private static var whoAmI: OrderedJSON {
        let users = Relation.users(for: .editor)
        let told = users.columns.filter {
            ["email", "role", "quota_bytes", "used_bytes", "file_count"].contains($0.name)
        }
        let id = ValueFacts("You.", RunningExample.userID)
        let limit = ValueFacts(
            "Most bytes that one upload may have; null for no limit.", RunningExample.uploadLimit, nullable: true,
            rules: ValueFacts.byteCount)
        let expiry = ValueFacts("When the session ends by itself.", RunningExample.updated, nullable: true)
        return .object(
            ofRequired: [("user_id", id, .uuid)] + told.map { ($0.name, users.facts($0), $0.kind) }
                + [("session_expires_at", expiry, .timestamp), ("max_upload_bytes", limit, .integer)],
            "You, your totals and limits, and your session.")
    }

    /// A file's columns, which are null for a folder except for its size.
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
                    ValueFacts("Number of files below a folder; null for a file.", nil, nullable: true), .integer
                ), ("cursor", ValueFacts("Continues behind this entry.", RunningExample.cursor), .text),
            ],
            "A file or a folder. `size_bytes` of a folder is what all files below it have; its other columns are null.")
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

    /// The form of a filter; which values fit depends on the column.
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
    /// The schema of an object all of whose members are there.
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

    /// A row: with `select` it has the columns that were asked for, so none is required.
    fileprivate static func rows(of relation: Relation) -> OrderedJSON {
        [
            "type": "object",
            "description": "A row; with `select` it has what was asked for, under the names asked for.",
            "properties": .columns(relation.columns, of: relation),
            "examples": [.example(relation.columns, of: relation)],
        ]
    }

    /// The body of a PATCH.
    fileprivate static func changes(of relation: Relation) -> OrderedJSON {
        [
            "type": "object", "description": "The columns to set; others stay as they are.",
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
