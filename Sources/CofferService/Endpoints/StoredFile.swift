// A file as a download finds it, and the header fields that describe it.

internal import BlobStore
internal import CofferCore
internal import Postgres
internal import Text

/// The row of a file whose bytes may be sent.
struct StoredFile {
    let path: String
    let mediaType: String
    let size: Int64
    /// The SHA-256 in hexadecimal, which is the entity tag too.
    let tag: String
    private let digest: [UInt8]
    let blob: BlobName
    let modified: HTTPDate
    /// Whether the file has had only one content.
    let isUnchanged: Bool
    /// The URL of the blob's store. nil for the configured store.
    let storeURL: String?

    init(_ row: Row) throws(PostgresError) {
        path = try row.text("file_path")
        mediaType = try row.text("content_type")
        size = try row.integer("size_bytes")
        (tag, digest) = try row.value("sha256") { text in bytes(hexadecimal: text).map { (text, $0) } }
        blob = try row.value("blob") { BlobName($0) }
        modified = HTTPDate(seconds: try row.integer("modified_at"))
        storeURL = try row.optionalText("store_url")
        isUnchanged = try row.boolean("is_unchanged")
    }

    /// The fields that a 304 has as well (RFC 9110 §15.4.5).
    var validators: [HeaderField] {
        [
            HeaderField("ETag", "\"" + tag + "\""), HeaderField("Last-Modified", modified.description),
            HeaderField("Cache-Control", "private, no-cache"),
        ]
    }

    /// What a stored file may do in a browser: nothing. To play audio or video, the browser makes a page of its own,
    /// which requests the file again with the cookie. It needs our origin for that; scripts and all else stay
    /// forbidden.
    private func policy(inline: Bool) -> String {
        inline && MediaType.isPlayed(mediaType)
            ? "sandbox allow-same-origin; default-src 'none'; media-src 'self'" : "sandbox; default-src 'none'"
    }

    func contentFields(inline: Bool) -> [HeaderField] {
        [
            HeaderField("Content-Type", mediaType),
            HeaderField(
                "Content-Disposition", ContentDisposition.field(path: path, mediaType: mediaType, inline: inline)),
            HeaderField("Repr-Digest", DigestField.sha256(digest)),
            HeaderField("Accept-Ranges", "bytes"),
            HeaderField("X-Content-Type-Options", "nosniff"),
            HeaderField("Content-Security-Policy", policy(inline: inline)),
        ]
    }
}
