// A response before it is sent.

internal import BlobStore
internal import CofferCore
internal import Postgres

struct Response {
    enum Body {
        case none
        /// The web server sends the file that a field of the head names, so many bytes of it.
        case sentByServer(Int64)
        case text(String)
        /// A value from the database, sent unchanged.
        case cell(Cell)
        /// A range of a blob, which the worker streams.
        case blob(any BlobReader, ByteRange)
        /// Bytes that the worker makes while it sends them.
        case generated(any GeneratedBody)
    }

    var status: Int
    var fields: [HeaderField]
    var body: Body

    init(_ status: Int, _ fields: [HeaderField] = [], _ body: Body = .none) {
        self.status = status
        self.fields = fields
        self.body = body
    }

    static func json(_ text: String, type: String = MediaType.json, _ fields: [HeaderField] = []) -> Response {
        Response(200, [.contentType(type)] + fields, .text(text))
    }

    /// The response to a request that failed, with the challenge that a 401 must have (RFC 6750 §3).
    init(_ failure: Failure) {
        var fields = [HeaderField.contentType(MediaType.json)] + failure.fields
        if failure.kind == .tokenMissing {
            fields.append(HeaderField("WWW-Authenticate", "Bearer"))
        } else if failure.kind.status == 401 {
            fields.append(
                HeaderField(
                    "WWW-Authenticate",
                    "Bearer error=\"invalid_token\", error_description=\"\(failure.message)\""))
        }
        self.init(failure.kind.status, fields, .text(failure.body))
    }
}

/// A body that is made while it is sent.
protocol GeneratedBody: AnyObject {
    /// In bytes. Known before the first byte is made.
    var length: Int64 { get }

    /// Passes all bytes to `output`, whose error ends the work. After any error, the client has fewer bytes than
    /// `length`.
    func send(to output: (Span<UInt8>) throws -> Void) throws
}

extension HeaderField {
    static let noStore = HeaderField("Cache-Control", "no-store")

    /// For JSON and text, which are always in UTF-8.
    static func contentType(_ type: String) -> HeaderField {
        HeaderField("Content-Type", type + "; charset=utf-8")
    }
}
