// An answer before it is sent.

internal import BlobStore
internal import CofferCore
internal import Postgres

struct Response {
    enum Body {
        case none
        /// The web server sends a file, as a field of the head tells it.
        case sentByServer
        case text(String)
        /// A value of the database's, passed through as it came.
        case cell(Cell)
        /// Part of a blob, streamed.
        case blob(any BlobReader, ByteRange)
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

    /// A failure as the client sees it, with the challenge that a 401 must carry (RFC 6750 §3).
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

extension HeaderField {
    static let noStore = HeaderField("Cache-Control", "no-store")

    /// JSON and text are UTF-8 and say so.
    static func contentType(_ type: String) -> HeaderField {
        HeaderField("Content-Type", type + "; charset=utf-8")
    }
}
