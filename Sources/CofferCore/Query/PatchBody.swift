// The body of a PATCH: which columns are set to what, checked before PostgreSQL sees it.

public struct PatchBody: Equatable, Sendable {
    struct Assignment: Equatable, Sendable {
        let column: Column
        /// nil is null.
        let value: String?
    }

    /// In the order of the relation's columns.
    let assignments: [Assignment]

    /// Characters (Unicode scalars, as PostgreSQL counts them).
    public static let maximumDescription = 2000

    public var isEmpty: Bool { assignments.isEmpty }

    /// - Parameters:
    ///   - body: one object.
    ///   - columns: the parameter `columns`: only these members count, others are ignored.
    /// - Throws: `Failure` PGRST102 where the body is no object, PGRST204 for an unknown column, 42501 for one that cannot
    ///   be changed, KF003 for a file path; 22P02, 23502 or 23514 for another value that does not fit.
    public init(body: JSON, columns: String?, relation: Relation) throws(Failure) {
        guard case .object(var members) = body else {
            throw Failure(.invalidBody, details: "The body must be one JSON object")
        }
        if let columns, !columns.isEmpty {
            var parser = QueryParser("columns parameter", columns)
            let names = try parser.names()
            for name in names { _ = try relation.writableColumn(name) }
            members = members.filter { names.contains($0.key) }
        }
        // Sorted, so that of several mistakes the same one is told each time.
        for name in members.keys.sorted() { _ = try relation.writableColumn(name) }
        var assignments: [Assignment] = []
        for column in relation.writable {
            guard let value = members[column.name] else { continue }
            assignments.append(Assignment(column: column, value: try column.text(of: value)))
        }
        self.assignments = assignments
    }

    /// What stands behind `set`.
    func sql(_ writer: inout SQLWriter) -> String {
        assignments.map { $0.sql(&writer) }.joined(separator: ", ")
    }
}

extension PatchBody.Assignment {
    fileprivate func sql(_ writer: inout SQLWriter) -> String {
        let value = writer.bind(value)
        switch column.name {
        // The database keeps paths in NFC, and refuses others.
        case "file_path": return "file_path = normalize(\(value)::text, nfc)"
        // Who is disabled already stays so since then.
        case "disabled":
            return "disabled_at = case when \(value)::boolean then coalesce(\(writer.relation).disabled_at, now()) end"
        default: return "\(column.name) = \(value)"
        }
    }
}

extension Column {
    /// A member of the body as the text to bind; nil for null.
    fileprivate func text(of value: JSON) throws(Failure) -> String? {
        switch (name, value) {
        case ("description", .null), ("quota_bytes", .null): return nil
        case ("file_path", .string(let path)): return try FilePath(path).text
        case ("description", .string(let text))
        where text.unicodeScalars.count <= PatchBody.maximumDescription && !text.utf8.contains(0): return text
        case ("role", .string(let text)) where Role(rawValue: text) != nil: return text
        case ("disabled", .bool(let isDisabled)): return isDisabled ? "true" : "false"
        case ("quota_bytes", .number):
            if let bytes = value.integer, bytes >= 0 { return String(bytes) }
        default: break
        }
        throw Failure(refusal(of: value), "The value of \(name) is not allowed", details: "\(name) must be \(rule)")
    }

    /// What PostgreSQL would call it: no value, a value that breaks a rule of its column, or none of the column's type.
    private func refusal(of value: JSON) -> Failure.Kind {
        switch (name, value) {
        case (_, .null): .missingValue
        case ("role", .string): .brokenRule
        case ("description", .string(let text)) where !text.utf8.contains(0): .brokenRule
        case ("quota_bytes", .number) where value.integer != nil: .brokenRule
        default: .invalidValue
        }
    }

    private var rule: StaticString {
        switch name {
        case "file_path": "a text"
        case "description": "a text of at most 2000 characters, none of them U+0000, or null"
        case "role": "\"editor\" or \"admin\""
        case "quota_bytes": "a whole number of bytes, 0 or more, or null for no quota"
        case "disabled": "true or false"
        default: "left out"
        }
    }
}
