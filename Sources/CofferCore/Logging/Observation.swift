// Everything that a worker can log, and its text. No case has a token, a password, a bound value or a file name, so
// they cannot reach a log.

public enum Observation: Equatable, Sendable {
    /// A request was answered: one line for each.
    case served(Served)
    /// The response was an error, with the code of its body.
    case refused(code: String, status: Int)
    /// The client closed the connection before the end of the response.
    case clientGone
    /// PostgreSQL's primary message, without bound values.
    case databaseFailed(String)
    /// A request was repeated on a new connection to the database, because the worker's old one did not work any more.
    case connectionReplaced(String)
    case storageFailed(String)
    /// An error that no other case describes, by the name of its type.
    case failed(String)
    /// The blob of a refused upload could not be removed. `coffer gc` will remove it.
    case blobLeftBehind(String)
    /// This host's clock is ahead of the database's, or behind it if the number is negative.
    case clockDiffers(seconds: Int64)
    /// The web server's configuration does not match the workers'.
    case webServerDiffers(String)
    /// A worker has collected a batch of garbage: blobs, and files in `stage/`.
    case collected(blobs: Int, stages: Int)

    public var level: Configuration.LogLevel {
        switch self {
        case .served, .connectionReplaced: .info
        case .clientGone: .debug
        case .refused(_, let status): status >= 500 ? .error : .info
        case .blobLeftBehind: .warning
        case .collected: .info
        case .clockDiffers(let seconds): abs(seconds) > AccessToken.clockSkew ? .error : .warning
        case .databaseFailed, .storageFailed, .failed, .webServerDiffers: .error
        }
    }

    /// The event and its fields, as `key=value`.
    private var text: String {
        switch self {
        case .served(let request): request.text
        case .refused(let code, let status): "event=refused code=\(code) status=\(status)"
        case .clientGone: "event=client_gone"
        case .databaseFailed(let message): "event=database_failed message=\(JSON.quoted(message))"
        case .connectionReplaced(let message): "event=connection_replaced message=\(JSON.quoted(message))"
        case .storageFailed(let message): "event=storage_failed message=\(JSON.quoted(message))"
        case .failed(let type): "event=failed type=\(type)"
        case .clockDiffers(let seconds): "event=clock_differs seconds=\(seconds) allowed=\(AccessToken.clockSkew)"
        case .webServerDiffers(let message): "event=web_server_differs message=\(JSON.quoted(message))"
        case .collected(let blobs, let stages): "event=collected blobs=\(blobs) stages=\(stages)"
        case .blobLeftBehind(let name): "event=blob_left_behind blob=\(name)"
        }
    }

    /// The log line without its newline.
    public func line(requestID: String?) -> String {
        let request = requestID.map { " request_id=\($0)" } ?? ""
        return "level=\(level.rawValue)\(request) \(text)"
    }
}
