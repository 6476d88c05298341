/// A header field of a response, as the document describes it.
struct AnswerField: Equatable {
    let name: String
    let text: String
    let example: OrderedJSON

    init(_ name: String, _ text: String, _ example: OrderedJSON) {
        self.name = name
        self.text = text
        self.example = example
    }

    var reference: (String, OrderedJSON) { (name, .reference("headers", name)) }

    /// The components of this kind.
    static var all: OrderedJSON {
        let fields = [
            requestID, allow, tag, digest, lastModified, disposition, acceptRanges, contentRange, contentLocation, link,
            preferenceApplied, setCookie, cacheControl, vary, authenticate, retryAfter,
            tusResumable, location, uploadOffset, uploadLength, uploadMetadata, uploadExpires,
        ]
        return .members(
            fields.map {
                ($0.name, ["description": .string($0.text), "schema": ["type": "string"], "example": $0.example])
            })
    }

    static let requestID = Self(
        "X-Request-Id", "Identifies this request in the logs and in the audit log.", RunningExample.requestID)
    static let allow = Self("Allow", "The methods of this path.", "OPTIONS,GET,HEAD")
    static let tag = Self("ETag", "The content's SHA-256.", RunningExample.tag)
    static let digest = Self("Repr-Digest", "SHA-256 of the whole content (RFC 9530).", RunningExample.digest)
    static let lastModified = Self("Last-Modified", "When the file last changed.", RunningExample.modified)
    static let disposition = Self(
        "Content-Disposition", "The file's name, and whether to show or save it (RFC 6266).",
        "attachment; filename=\"hello.txt\"; filename*=UTF-8''hello.txt")
    static let acceptRanges = Self(
        "Accept-Ranges", "Whether ranges of bytes can be requested: `bytes` or `none`.", "bytes")
    static let contentRange = Self(
        "Content-Range",
        "The first and last row or byte of the answer, and the total, or `*` if the rows were not counted.",
        "0-0/*")
    static let contentLocation = Self(
        "Content-Location", "The path of this read, with its parameters sorted.", "/files?limit=1")
    static let link = Self(
        "Link", "With `rel=\"next\"`, the URL of the next page. The last page has no `Link` (RFC 8288).",
        "</rpc/list_folder?p_folder=letters&limit=1&p_cursor=faGVsbG8udHh0>; rel=\"next\"")
    static let preferenceApplied = Self("Preference-Applied", "The preferences that were applied.", "count=exact")
    static let setCookie = Self(
        "Set-Cookie", "The session cookie, or its removal.",
        "__Host-coffer=…; Path=/; Max-Age=43200; Secure; HttpOnly; SameSite=Strict")
    static let cacheControl = Self("Cache-Control", "Whether caches may store the answer.", "no-store")
    static let vary = Self("Vary", "What the answer depends on.", "Accept, Prefer, Range")
    static let authenticate = Self(
        "WWW-Authenticate", "The challenge (RFC 6750).",
        "Bearer error=\"invalid_token\", error_description=\"JWT expired\"")
    static let retryAfter = Self("Retry-After", "Seconds to wait before the next attempt.", "5")
}
