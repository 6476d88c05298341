// Converts the errors of the wrappers to failures, which the client sees. The wrappers' messages do not reach the
// client, except those that our SQL raises on purpose.

internal import BlobStore
public import CofferCore
internal import Gateway
internal import Postgres
public import POSIX
internal import Storage

/// Says when a client may try again, while a part of the service is unavailable.
let retryAfter = [HeaderField("Retry-After", WebServerTexts.retryAfter)]

extension Failure: MappedError {
    /// An unknown error is 500 without details.
    public init(mapping error: any Error) {
        switch error {
        case let error as Failure: self = error
        case let error as PostgresError: self.init(error)
        case let error as BlobStoreError: self.init(error)
        case let error as BlobLeftBehind: self.init(error.reason)
        case let error as GatewayError: self.init(error)
        default: self.init(.internalError)
        }
    }

    init(_ error: GatewayError) {
        switch error {
        case .malformedParameter(let name):
            self.init(.malformedRequest, details: "\(name) is malformed: text must be UTF-8, a length must be a number")
        case .truncatedBody(let received, let announced):
            let expected = announced.map { "\($0)" } ?? "more"
            self.init(.truncatedBody, details: "\(received) bytes were received, \(expected) were announced")
        case .clientGone, .system, .openToAll, .library: self.init(.internalError)
        }
    }

    init(_ error: BlobStoreError) {
        switch error.kind {
        case .full: self.init(.storageFull)
        // An absent blob is an outage and not 404: the file's row exists, and the blob may come back.
        case .unavailable, .absent: self.init(.storageUnavailable, fields: retryAfter)
        // Only the operator can correct the configuration. To the client it is an outage.
        case .misconfigured: self.init(.storageUnavailable, fields: retryAfter)
        case .tooLarge: self.init(.tooLarge)
        default: self.init(.internalError)
        }
    }

    init(_ error: PostgresError) {
        switch error.kind {
        case .connection, .timeout: self.init(.databaseUnavailable, fields: retryAfter)
        case .protocolViolation, .unexpectedResult: self.init(.internalError)
        case .statement: self.init(state: error.sqlState ?? "", error)
        }
    }

    /// Converts by SQLSTATE (PostgreSQL's manual, Appendix A). Ours are in the registry; the server's own are mapped by
    /// code or class.
    private init(state: String, _ error: PostgresError) {
        if state.hasPrefix("KF"), let kind = Kind(rawValue: state) {
            let fields = kind.status == 503 || kind.status == 429 ? retryAfter : []
            self.init(kind, error.message, details: error.detail, hint: error.hint, fields: fields)
            return
        }
        switch state {
        case "42501": self.init(.forbidden)
        // Without a constraint our SQL has raised it, with a message for the client. With one it is a file path that is
        // taken: a request cannot violate another unique constraint.
        case "23505" where error.constraint == nil:
            self.init(.taken, error.message, details: error.detail, hint: error.hint)
        case "23505": self.init(.taken)
        case "23514": self.init(.brokenRule)
        // Not a function, whose signature the message would quote. The server writes in its own language.
        case "42883" where !error.message.contains("("): self.init(.unsuitableOperator, error.message)
        case "53100": self.init(.storageFull, details: "The database's disk is full")
        case "25006", "40001", "40P01", "55P03", "57014": self.init(.databaseUnavailable, fields: retryAfter)
        case _ where ["08", "53", "57"].contains(state.prefix(2)):
            self.init(.databaseUnavailable, fields: retryAfter)
        case _ where state.hasPrefix("22"): self.init(Kind(rawValue: state) ?? .invalidValue, error.message)
        default: self.init(.internalError)
        }
    }
}
