// What can be read and filtered: the exposed relations and their columns. No other name ever becomes SQL.

/// A column of an exposed view.
public struct Column: Equatable, Sendable {
    public enum Kind: Sendable { case text, uuid, integer, timestamp }

    public let name: String
    public let kind: Kind
    /// Only an admin has the column: for others it does not exist.
    public let forAdmins: Bool

    init(_ name: String, _ kind: Kind, forAdmins: Bool = false) {
        self.name = name
        self.kind = kind
        self.forAdmins = forAdmins
    }
}

extension Column {
    /// Refuses what PostgreSQL would refuse, which would write the value into its log.
    ///
    /// - Throws: `Failure` 22P02 in PostgreSQL's words.
    func check(_ value: String) throws(Failure) {
        let (isFit, type) =
            switch kind {
            case .text: (!value.utf8.contains(0), "text")
            case .uuid: (isUUID(value.lowercased()), "uuid")
            case .integer: (Int64(value) != nil, "bigint")
            case .timestamp: (value.utf8.allSatisfy { $0.isASCIIDigit || " +-.:TZ".utf8.contains($0) }, "timestamp")
            }
        if !isFit { throw Failure(.invalidValue, "invalid input syntax for type \(type): \(JSON.quoted(value))") }
    }
}

/// A view of the schema `api`, as one role sees it.
public struct Relation: Sendable {
    public let name: String
    public let columns: [Column]
    /// Columns that together are unique and that an index has in this order.
    let key: [String]

    public static func files(for role: Role) -> Relation { role == .admin ? adminFiles : editorFiles }

    private static let adminFiles = Relation(
        name: "files",
        columns: [
            Column("id", .uuid), Column("user_id", .uuid), Column("file_path", .text), Column("description", .text),
            Column("content_type", .text), Column("size_bytes", .integer), Column("sha256", .text),
            Column("created_at", .timestamp), Column("updated_at", .timestamp),
            Column("owner_email", .text, forAdmins: true),
        ], key: ["user_id", "file_path"])
    private static let editorFiles = Relation(
        name: adminFiles.name, columns: adminFiles.columns.filter { !$0.forAdmins }, key: adminFiles.key)

    /// - Throws: `Failure` 42703 in PostgreSQL's words.
    public func column(_ name: String) throws(Failure) -> Column {
        guard let column = columns.first(where: { $0.name == name }) else {
            throw Failure(
                .unknownColumn, "column \(self.name).\(name) does not exist",
                hint: "The columns are " + columns.map(\.name).joined(separator: ", "))
        }
        return column
    }
}
