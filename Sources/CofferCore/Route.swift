// The routes, once: path, methods, and which kind of thing the path names.

/// An HTTP method that Coffer knows.
public enum Method: String, Sendable {
    case get = "GET"
    case head = "HEAD"
    case post = "POST"
    case put = "PUT"
    case patch = "PATCH"
    case delete = "DELETE"
    case options = "OPTIONS"

    /// Whether the method asks for nothing to be changed (RFC 9110 §9.2.1).
    public var isSafe: Bool { self == .get || self == .head || self == .options }
}

public enum Route: Sendable, CaseIterable {
    case login, logout, changePassword, whoami
    case storeFile, retrieveFile, listFolder, moveFolder, files
    case users, createUser, resetPassword, deleteUser, auditLog
    case root, openAPI, live, ready

    /// The path below the base path, and the methods besides OPTIONS.
    private var entry: (path: String, methods: [Method]) {
        switch self {
        case .login: ("/rpc/login", [.post])
        case .logout: ("/rpc/logout", [.post])
        case .changePassword: ("/rpc/change_password", [.post])
        case .whoami: ("/rpc/whoami", [.get, .head, .post])
        case .storeFile: ("/rpc/store_file", [.post])
        case .retrieveFile: ("/rpc/retrieve_file", [.get, .head])
        case .listFolder: ("/rpc/list_folder", [.get, .head, .post])
        case .moveFolder: ("/rpc/move_folder", [.post])
        case .files: ("/files", [.get, .head, .patch, .delete])
        case .users: ("/users", [.get, .head, .patch])
        case .createUser: ("/rpc/create_user", [.post])
        case .resetPassword: ("/rpc/reset_password", [.post])
        case .deleteUser: ("/rpc/delete_user", [.post])
        case .auditLog: ("/audit_log", [.get, .head])
        case .root: ("/", [.get, .head])
        case .openAPI: ("/openapi.json", [.get, .head])
        case .live: ("/health/live", [.get, .head])
        case .ready: ("/health/ready", [.get, .head])
        }
    }

    public var path: String { entry.path }
    public var methods: [Method] { [.options] + entry.methods }
    /// The value of `Allow`.
    public var allow: String { methods.map(\.rawValue).joined(separator: ",") }

    private static let byPath = Dictionary(uniqueKeysWithValues: allCases.map { ($0.path, $0) })

    /// The route of a path, compared as it came: no second spelling reaches a route.
    ///
    /// - Throws: `Failure` 404, in PostgREST's words for a function, a table or neither.
    public static func find(_ path: String) throws(Failure) -> Route {
        if let route = byPath[path] { return route }
        let parts = path.split(separator: "/", omittingEmptySubsequences: false).dropFirst()
        if parts.count == 2, parts.first == "rpc" {
            throw Failure(.unknownFunction, "Could not find the function api.\(parts.last ?? "") in the schema cache")
        }
        if parts.count == 1, let table = parts.first, !table.isEmpty {
            throw Failure(.unknownTable, "Could not find the table 'api.\(table)' in the schema cache")
        }
        throw Failure(.unknownPath)
    }

    /// The method of a request to this route.
    ///
    /// - Throws: `Failure` 405 with `Allow`.
    public func method(_ name: String) throws(Failure) -> Method {
        if let method = Method(rawValue: name), methods.contains(method) { return method }
        let allow = [HeaderField("Allow", allow)]
        if path.hasPrefix("/rpc/") {
            throw Failure(.functionMethod, "Cannot use the \(name) method on RPC", fields: allow)
        }
        throw Failure(.tableMethod, "Unsupported HTTP method: \(name)", fields: allow)
    }
}
