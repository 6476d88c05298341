// A column of an exposed relation, and the texts that its type accepts.

internal import Text

public struct Column: Equatable, Sendable {
    public enum Kind: Sendable, CaseIterable { case text, uuid, integer, timestamp, boolean }

    /// What a request may do with the column.
    enum Access: Sendable { case readOnly, readWrite, writeOnly }

    public let name: String
    public let kind: Kind
    /// Whether the column exists for admins only.
    let forAdmins: Bool
    let isNullable: Bool
    /// Whether the column has names of files or accounts, which are stored in NFC.
    let holdsNames: Bool
    /// All possible values, if they are few.
    let domain: [String]
    let access: Access

    init(
        _ name: String, _ kind: Kind, _ access: Access = .readOnly, forAdmins: Bool = false, isNullable: Bool = false,
        holdsNames: Bool = false, domain: [String] = []
    ) {
        self.name = name
        self.kind = kind
        self.access = access
        self.forAdmins = forAdmins
        self.isNullable = isNullable
        self.holdsNames = holdsNames
        self.domain = domain
    }
}

extension Column.Kind {
    /// PostgreSQL's name of the type.
    var typeName: StaticString {
        switch self {
        case .text: "text"
        case .uuid: "uuid"
        case .integer: "bigint"
        case .timestamp: "timestamp with time zone"
        case .boolean: "boolean"
        }
    }

    private func accepts(_ value: String) -> Bool {
        switch self {
        case .text: !value.utf8.contains(0)
        case .uuid: isUUID(value.lowercased())
        case .integer: Int64(value.withoutSpaces) != nil
        case .timestamp: isTimestamp(value.withoutSpaces)
        case .boolean: ["true", "false"].contains(value)
        }
    }

    /// Refuses values that PostgreSQL would refuse, as PostgreSQL would write them to its log.
    ///
    /// - Throws: `Failure` 22P02 or 22003 with PostgreSQL's message.
    func check(_ value: String) throws(Failure) {
        guard !accepts(value) else { return }
        if self == .integer, value.withoutSpaces.isWholeNumber {
            throw Failure(.outOfRange, "value \(JSON.quoted(value)) is out of range for type \(typeName)")
        }
        throw Failure(
            .invalidValue, "invalid input syntax for type \(typeName): \(JSON.quoted(value))",
            hint: self == .timestamp && value.hasLostPlus ? "In a URL a plus sign is written %2B." : nil)
    }
}

extension String {
    /// Without the spaces that PostgreSQL allows around numbers and times, as in `in.(1, 2)`.
    fileprivate var withoutSpaces: Substring {
        let isSpace = { (byte: UInt8) in byte == UInt8(ascii: " ") }
        let start = utf8.firstIndex { !isSpace($0) } ?? endIndex
        let end = utf8.lastIndex { !isSpace($0) }.map { utf8.index(after: $0) } ?? endIndex
        return self[start..<end]
    }

    /// Whether this is a time if its last space was a plus sign, which form decoding turns into a space.
    fileprivate var hasLostPlus: Bool {
        guard let space = utf8.lastIndex(of: UInt8(ascii: " ")) else { return false }
        return isTimestamp(self[..<space] + "+" + self[utf8.index(after: space)...])
    }
}

extension Substring {
    /// Whether this is digits after at most one sign.
    fileprivate var isWholeNumber: Bool {
        let digits = utf8.drop { $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "+") }
        return !digits.isEmpty && utf8.count - digits.count <= 1 && digits.allSatisfy(\.isASCIIDigit)
    }
}
