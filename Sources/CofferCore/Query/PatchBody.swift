// The body of a PATCH: the new values of columns, checked before PostgreSQL sees them.

public struct PatchBody: Equatable, Sendable {
    struct Assignment: Equatable, Sendable {
        let column: Column
        /// nil for null.
        let value: String?
    }

    /// In the order of the relation's columns.
    let assignments: [Assignment]

    /// In Unicode scalars, as PostgreSQL counts characters.
    public static let maximumDescription = 2000

    public var isEmpty: Bool { assignments.isEmpty }

    /// - Parameters:
    ///   - body: a JSON object.
    ///   - columns: the parameter `columns`. Members that it does not name are ignored.
    /// - Throws: `Failure` PGRST102 if the body is not an object, PGRST204 for an unknown column, 42501 for a column
    ///   that cannot be changed, KF003 for an invalid file path, and 22P02, 23502 or 23514 for another invalid value.
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
        // Sorted, so that the same one of several mistakes is reported each time.
        for name in members.keys.sorted() { _ = try relation.writableColumn(name) }
        var assignments: [Assignment] = []
        for column in relation.writable {
            guard let value = members[column.name] else { continue }
            assignments.append(Assignment(column: column, value: try column.text(of: value)))
        }
        self.assignments = assignments
    }

    /// The assignments after `set`.
    func sql(_ writer: inout SQLWriter) -> String {
        assignments.map { $0.sql(&writer) }.joined(separator: ", ")
    }
}

extension PatchBody.Assignment {
    fileprivate func sql(_ writer: inout SQLWriter) -> String {
        let value = writer.bind(value)
        switch column.name {
        // The database accepts paths in NFC only.
        case "file_path": return "file_path = normalize(\(value)::text, nfc)"
        // An account that is disabled already keeps its time.
        case "disabled":
            return "disabled_at = case when \(value)::boolean then coalesce(\(writer.relation).disabled_at, now()) end"
        default: return "\(column.name) = \(value)"
        }
    }
}

extension Column {
    /// The text to bind for a member of the body. nil for null.
    fileprivate func text(of value: JSON) throws(Failure) -> String? {
        switch (name, value) {
        case ("description", .null), ("quota_bytes", .null): return nil
        case ("file_path", .string(let path)): return try FilePath(path).text
        case ("description", .string(let text))
        where text.unicodeScalars.count <= PatchBody.maximumDescription && !text.utf8.contains(0): return text
        case ("modified_at", .string(let text)) where isTimestamp(text[...]): return text
        case ("role", .string(let text)) where Role(rawValue: text) != nil: return text
        case ("disabled", .bool(let isDisabled)): return isDisabled ? "true" : "false"
        case ("quota_bytes", .number):
            if let bytes = value.integer, bytes >= 0 { return String(bytes) }
        default: break
        }
        throw Failure(refusal(of: value), "The value of \(name) is not allowed", details: "\(name) must be \(rule)")
    }

    /// The error that PostgreSQL would report: a missing value, a violated check, or a value of another type.
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
        case "description": "a text of at most 2000 characters without U+0000, or null"
        case "modified_at": "a time, such as 2026-11-24T09:30:00Z"
        case "role": "\"editor\" or \"admin\""
        case "quota_bytes": "a whole number of bytes, 0 or more, or null for no quota"
        case "disabled": "true or false"
        default: "omitted"
        }
    }
}
