// The only list of routes: their paths, their methods, and who may call them.

/// An HTTP method that Coffer knows.
public enum Method: String, Sendable {
    case get = "GET"
    case head = "HEAD"
    case post = "POST"
    case put = "PUT"
    case patch = "PATCH"
    case delete = "DELETE"
    case options = "OPTIONS"

    /// Whether a request with this method changes nothing (RFC 9110 §9.2.1).
    public var isSafe: Bool { self == .get || self == .head || self == .options }
}

/// Who may call a route. The service authenticates the caller accordingly, and the description of the API shows it.
public enum Access: Sendable {
    /// Anyone. The service ignores a token.
    case `public`
    /// Any user who is logged in.
    case session
    /// An admin who is logged in.
    case admin
    /// A monitoring system, with the token of COFFER_METRICS_TOKEN or from a loopback address, as far as the
    /// configuration allows that. For all others there is no such route.
    case monitoring
}

/// The raw value is the position in the list of routes.
public enum Route: Int, Sendable, CaseIterable {
    case login, logout, changePassword, whoami, sessions
    case storeFile, retrieveFile, listFolder, createFolder, moveFolder, deleteFolder, downloadFolder, copy, files
    case trash, restore, restoreFolder
    case users, createUser, resetPassword, deleteUser, auditLog
    case uploads, upload
    case root, openAPI, live, ready, metrics

    /// The path below the base path, the methods besides OPTIONS, and who may use them.
    private var entry: (path: String, methods: [Method], access: Access) {
        switch self {
        case .login: ("/rpc/login", [.post], .public)
        case .logout: ("/rpc/logout", [.post], .session)
        case .changePassword: ("/rpc/change_password", [.post], .session)
        case .whoami: ("/rpc/whoami", [.get, .head, .post], .session)
        case .sessions: ("/sessions", [.get, .head, .delete], .session)
        case .storeFile: ("/rpc/store_file", [.post], .session)
        case .retrieveFile: ("/rpc/retrieve_file", [.get, .head], .session)
        case .listFolder: ("/rpc/list_folder", [.get, .head, .post], .session)
        case .createFolder: ("/rpc/create_folder", [.post], .session)
        case .moveFolder: ("/rpc/move_folder", [.post], .session)
        case .deleteFolder: ("/rpc/delete_folder", [.post], .session)
        case .downloadFolder: ("/rpc/download_folder", [.get, .head], .session)
        case .copy: ("/rpc/copy", [.post], .session)
        case .files: ("/files", [.get, .head, .patch, .delete], .session)
        case .trash: ("/trash", [.get, .head, .delete], .session)
        case .restore: ("/rpc/restore", [.post], .session)
        case .restoreFolder: ("/rpc/restore_folder", [.post], .session)
        case .uploads: ("/uploads", [.post], .session)
        case .upload: ("/uploads/{id}", [.head, .patch, .delete], .session)
        case .users: ("/users", [.get, .head, .patch], .session)
        case .createUser: ("/rpc/create_user", [.post], .admin)
        case .resetPassword: ("/rpc/reset_password", [.post], .admin)
        case .deleteUser: ("/rpc/delete_user", [.post], .admin)
        case .auditLog: ("/audit_log", [.get, .head], .session)
        case .root: ("/", [.get, .head], .public)
        case .openAPI: ("/openapi.json", [.get, .head], .public)
        case .live: ("/health/live", [.get, .head], .public)
        case .ready: ("/health/ready", [.get, .head], .public)
        case .metrics: ("/metrics", [.get, .head], .monitoring)
        }
    }

    /// The path, in which `{id}` stands for the last segment if that names a thing.
    public var path: String { entry.path }
    /// The path for a thing.
    public func path(_ id: String) -> String { path.dropLast(Self.parameter.utf8.count) + id }
    /// Whether this is a route of tus, whose clients may send the method in a header.
    public var isResumable: Bool { self == .uploads || self == .upload }
    public var methods: [Method] { [.options] + entry.methods }
    /// Who may use a method of this route. OPTIONS is public because browsers send no token with a preflight request.
    public func access(_ method: Method) -> Access {
        method == .options && !isHidden ? .public : entry.access
    }
    /// Whether the route exists only for some clients. For all others, no method of it exists.
    public var isHidden: Bool { entry.access == .monitoring }
    /// The value of the `Allow` header.
    public var allow: String { methods.map(\.rawValue).joined(separator: ",") }

    private static let byPath = Dictionary(uniqueKeysWithValues: allCases.map { ($0.path, $0) })

    private static let parameter = "{id}"

    /// The route of a path, and the last segment of the path if it is the route's parameter. Each route has exactly one
    /// spelling.
    ///
    /// - Throws: `Failure` 404. Its message, for a function, a table or another path, is PostgREST's.
    public static func find(_ path: String) throws(Failure) -> (route: Route, parameter: String?) {
        if let route = byPath[path], !path.hasSuffix(parameter) { return (route, nil) }
        if let slash = path.lastIndex(of: "/"), let route = byPath[path[...slash] + parameter] {
            return (route, String(path[path.index(after: slash)...]))
        }
        throw unknown(path)
    }

    /// The failure of a request to a path that is no route, or that the client must take for none.
    public static func unknown(_ path: String) -> Failure {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false).dropFirst()
        if parts.count == 2, parts.first == "rpc" {
            return Failure(.unknownFunction, "Could not find the function api.\(parts.last ?? "") in the schema cache")
        }
        if parts.count == 1, let table = parts.first, !table.isEmpty {
            return Failure(.unknownTable, "Could not find the table 'api.\(table)' in the schema cache")
        }
        return Failure(.unknownPath)
    }

    /// The method of a request to this route.
    ///
    /// - Throws: `Failure` 405 with `Allow`, if the route does not have the method.
    public func method(_ name: String) throws(Failure) -> Method {
        if let method = Method(rawValue: name), method == .options || entry.methods.contains(method) { return method }
        let allow = [HeaderField("Allow", allow)]
        if path.hasPrefix("/rpc/") {
            throw Failure(.functionMethod, "Cannot use the \(name) method on RPC", fields: allow)
        }
        throw Failure(.tableMethod, "Unsupported HTTP method: \(name)", fields: allow)
    }
}
