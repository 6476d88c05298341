// The exposed relations and their columns. No other name is ever written into SQL.

/// A view of the schema `api`, with the columns that a role sees.
public struct Relation: Sendable {
    public let name: String
    /// The readable columns.
    public let columns: [Column]
    /// The columns that a PATCH may set.
    public let writable: [Column]
    /// The columns of a unique index, in its order.
    let key: [String]

    private init(_ name: String, _ columns: [Column], key: [String], for role: Role) {
        let existing = columns.filter { !$0.forAdmins || role == .admin }
        self.name = name
        self.columns = existing.filter { $0.access != .writeOnly }
        writable = existing.filter { $0.access != .readOnly }
        self.key = key
    }

    public static func files(for role: Role) -> Relation { role == .admin ? adminFiles : editorFiles }
    public static func trash(for role: Role) -> Relation { role == .admin ? adminTrash : editorTrash }
    public static func users(for role: Role) -> Relation { role == .admin ? adminUsers : editorUsers }
    public static func sessions(for role: Role) -> Relation { role == .admin ? adminSessions : editorSessions }
    public static func auditLog(for role: Role) -> Relation { role == .admin ? adminAuditLog : editorAuditLog }

    // Made once, as every request needs one of them.
    private static let adminFiles = Relation("files", fileColumns, key: ["user_id", "file_path"], for: .admin)
    private static let editorFiles = Relation("files", fileColumns, key: ["user_id", "file_path"], for: .editor)
    private static let adminTrash = Relation("trash", trashColumns, key: ["user_id", "id"], for: .admin)
    private static let editorTrash = Relation("trash", trashColumns, key: ["user_id", "id"], for: .editor)
    private static let adminUsers = Relation("users", userColumns, key: ["id"], for: .admin)
    private static let editorUsers = Relation("users", userColumns, key: ["id"], for: .editor)
    private static let adminSessions = Relation("sessions", sessionColumns, key: ["id"], for: .admin)
    private static let editorSessions = Relation("sessions", sessionColumns, key: ["id"], for: .editor)
    private static let adminAuditLog = Relation("audit_log", auditColumns, key: ["id"], for: .admin)
    private static let editorAuditLog = Relation("audit_log", auditColumns, key: ["id"], for: .editor)

    private static let fileColumns = [
        Column("id", .uuid), Column("user_id", .uuid), Column("file_path", .text, .readWrite, holdsNames: true),
        Column("description", .text, .readWrite, isNullable: true), Column("content_type", .text),
        Column("size_bytes", .integer), Column("sha256", .text), Column("created_at", .timestamp),
        Column("updated_at", .timestamp), Column("modified_at", .timestamp, .readWrite),
        Column("owner_email", .text, forAdmins: true, holdsNames: true),
    ]

    private static let trashColumns = [
        Column("id", .uuid), Column("entry_id", .uuid), Column("file_id", .uuid), Column("user_id", .uuid),
        Column("file_path", .text, holdsNames: true), Column("reason", .text, domain: ["deleted", "replaced"]),
        Column("description", .text, isNullable: true), Column("content_type", .text),
        Column("size_bytes", .integer), Column("sha256", .text), Column("created_at", .timestamp),
        Column("modified_at", .timestamp), Column("removed_at", .timestamp), Column("expires_at", .timestamp),
        Column("owner_email", .text, forAdmins: true, holdsNames: true),
    ]

    /// A PATCH sets `disabled`, and the row stores `disabled_at`.
    private static let userColumns = [
        Column("id", .uuid), Column("email", .text, holdsNames: true),
        Column("role", .text, .readWrite, domain: Role.allCases.map(\.rawValue)),
        Column("quota_bytes", .integer, .readWrite, isNullable: true), Column("used_bytes", .integer),
        Column("file_count", .integer), Column("disabled_at", .timestamp, isNullable: true),
        Column("created_at", .timestamp), Column("trash_bytes", .integer), Column("version_bytes", .integer),
        Column("disabled", .boolean, .writeOnly),
    ]

    private static let sessionColumns = [
        Column("id", .uuid), Column("user_id", .uuid), Column("created_at", .timestamp),
        Column("expires_at", .timestamp), Column("is_current", .boolean),
        Column("owner_email", .text, forAdmins: true, holdsNames: true),
    ]

    private static let auditColumns = [
        Column("id", .integer), Column("occurred_at", .timestamp), Column("actor_id", .uuid, isNullable: true),
        Column("user_id", .uuid, isNullable: true), Column("action", .text),
        Column("subject", .text, isNullable: true, holdsNames: true), Column("request_id", .text, isNullable: true),
        Column("remote_address", .text, isNullable: true),
    ]

    /// - Throws: `Failure` 42703 with PostgreSQL's message if there is no such column.
    public func column(_ name: String) throws(Failure) -> Column {
        guard let column = columns.first(where: { $0.name == name }) else {
            throw Failure(
                .unknownColumn, "column \(self.name).\(name) does not exist",
                hint: "The columns are " + columns.map(\.name).joined(separator: ", "))
        }
        return column
    }

    /// The column that a PATCH sets.
    ///
    /// - Throws: `Failure` PGRST204 if there is no such column, 42501 if it cannot be set.
    func writableColumn(_ name: String) throws(Failure) -> Column {
        if let column = writable.first(where: { $0.name == name }) { return column }
        let hint = writable.isEmpty ? nil : "These can be changed: " + writable.map(\.name).joined(separator: ", ")
        guard columns.contains(where: { $0.name == name }) else {
            throw Failure(
                .unknownBodyColumn, "Could not find the '\(name)' column of '\(self.name)' in the schema cache",
                hint: hint)
        }
        throw Failure(.forbidden, "The column \(name) of \(self.name) cannot be changed", hint: hint)
    }
}
