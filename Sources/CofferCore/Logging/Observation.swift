// Everything that a worker can log, and how it reads. Tokens, passwords, bound values and file names are in none of
// the cases, so they cannot reach a log.

public enum Observation: Equatable, Sendable {
    case served(status: Int, microseconds: Int64)
    case refused(code: String, status: Int)
    case clientGone
    /// PostgreSQL's own primary message.
    case databaseFailed(String)
    case storageFailed(String)
    /// A refused upload's blob that could not be removed; it stays on the list of what `coffer gc` collects.
    case blobLeftBehind(String)
    /// This host's clock is so many seconds ahead of the database's; negative ones behind.
    case clockDiffers(seconds: Int64)
    /// The web server was configured otherwise than the workers.
    case webServerDiffers(String)
    /// What a worker's share of gc removed.
    case collected(blobs: Int, stages: Int)

    public var level: Configuration.LogLevel {
        switch self {
        case .served, .clientGone: .debug
        case .refused(_, let status): status >= 500 ? .error : .info
        case .blobLeftBehind: .warning
        case .collected: .info
        case .clockDiffers(let seconds): abs(seconds) > AccessToken.clockSkew ? .error : .warning
        case .databaseFailed, .storageFailed, .webServerDiffers: .error
        }
    }

    /// Event and its fields, `key=value`.
    private var text: String {
        switch self {
        case .served(let status, let microseconds): "event=served status=\(status) microseconds=\(microseconds)"
        case .refused(let code, let status): "event=refused code=\(code) status=\(status)"
        case .clientGone: "event=client_gone"
        case .databaseFailed(let message): "event=database_failed message=\(JSON.quoted(message))"
        case .storageFailed(let message): "event=storage_failed message=\(JSON.quoted(message))"
        case .clockDiffers(let seconds): "event=clock_differs seconds=\(seconds) allowed=\(AccessToken.clockSkew)"
        case .webServerDiffers(let message): "event=web_server_differs message=\(JSON.quoted(message))"
        case .collected(let blobs, let stages): "event=collected blobs=\(blobs) stages=\(stages)"
        case .blobLeftBehind(let name): "event=blob_left_behind blob=\(name)"
        }
    }

    /// One line without its newline.
    public func line(requestID: String?) -> String {
        let request = requestID.map { " request_id=\($0)" } ?? ""
        return "level=\(level.rawValue)\(request) \(text)"
    }
}
