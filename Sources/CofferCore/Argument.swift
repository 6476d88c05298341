// The arguments of the functions: members of the JSON object of a POST, or query parameters of a GET.

/// One argument of a function.
public struct Argument: Equatable, Sendable {
    public enum Kind: Sendable { case text, uuid, integer, timestamp }

    public let name: String
    public let kind: Kind
    /// An optional argument may be absent or null.
    public let isRequired: Bool

    init(_ name: String, _ kind: Kind = .text, optional: Bool = false) {
        self.name = name
        self.kind = kind
        isRequired = !optional
    }
}

extension Route {
    /// The arguments of a function, in the order of its SQL parameters. Empty for uploads and downloads, which read
    /// their arguments themselves.
    public var arguments: [Argument] {
        switch self {
        case .login: [Argument("email"), Argument("password")]
        case .changePassword: [Argument("p_current_password"), Argument("p_new_password")]
        case .listFolder:
            [
                Argument("p_folder", optional: true), Argument("p_limit", .integer, optional: true),
                Argument("p_cursor", optional: true),
            ]
        case .createFolder, .deleteFolder: [Argument("p_folder")]
        case .moveFolder, .copy: [Argument("p_from"), Argument("p_to")]
        case .restore:
            [
                Argument("p_id", .uuid, optional: true), Argument("p_file_path", optional: true),
                Argument("p_entry_id", .uuid, optional: true),
            ]
        case .restoreFolder: [Argument("p_folder", optional: true), Argument("p_at", .timestamp)]
        case .createUser:
            [
                Argument("p_email"), Argument("p_password"), Argument("p_role"),
                Argument("p_quota_bytes", .integer, optional: true),
            ]
        case .resetPassword: [Argument("p_user_id", .uuid), Argument("p_new_password")]
        case .deleteUser: [Argument("p_user_id", .uuid)]
        default: []
        }
    }
}
