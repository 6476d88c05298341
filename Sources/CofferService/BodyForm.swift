// What an upload's head says of its body. Stored is what comes, so what comes must be the file itself and all of it: no
// envelope around it, no coding of it, no part of it. Whoever sent another thing would find that out by a broken file.

internal import CofferCore
internal import Gateway

enum BodyForm {
    /// Codings by their fields, and which values of each leave the bytes as they are.
    private static let codings: [(variable: StaticString, field: String, plain: Set<String>)] = [
        ("HTTP_CONTENT_ENCODING", "Content-Encoding", ["identity"]),
        // The web server undoes the chunks.
        ("HTTP_TRANSFER_ENCODING", "Transfer-Encoding", ["chunked", "identity"]),
        // Of mail, where forms have it too.
        ("HTTP_CONTENT_TRANSFER_ENCODING", "Content-Transfer-Encoding", ["7bit", "8bit", "binary", "identity"]),
    ]

    /// Fields by which protocols of resumable and split uploads send a part or hold some of the file back; nil for those
    /// that say so by coming at all, else the values that do.
    private static let parts: [(variable: StaticString, field: String, partial: Set<String>?)] = [
        ("HTTP_CONTENT_RANGE", "Content-Range", nil),
        // Where a proxy or a library may not set Content-Range.
        ("HTTP_X_CONTENT_RANGE", "X-Content-Range", nil),
        // Booleans (RFC 9651 §3.3.6) of draft-ietf-httpbis-resumable-upload, the second of its first versions.
        ("HTTP_UPLOAD_COMPLETE", "Upload-Complete", ["?0"]),
        ("HTTP_UPLOAD_INCOMPLETE", "Upload-Incomplete", ["?1"]),
        // Of that and of tus.
        ("HTTP_UPLOAD_OFFSET", "Upload-Offset", nil),
        ("HTTP_TUS_RESUMABLE", "Tus-Resumable", nil),
        ("HTTP_OC_CHUNKED", "OC-Chunked", nil),
    ]

    /// - Throws: `Failure` 415 for an envelope or a coding, 400 for a part.
    static func requireWholeFile(_ request: Request) throws(Failure) {
        try refuseEnvelope(request)
        for coding in codings { try refuse(coding.variable, coding.field, except: coding.plain, request) }
        for part in parts { try refusePart(part.variable, part.field, part.partial, request) }
    }

    /// A form of `application/x-www-form-urlencoded` has no envelope, and it is what curl calls all that it sends.
    private static func refuseEnvelope(_ request: Request) throws(Failure) {
        guard let type = try request.text("CONTENT_TYPE"), MediaType.isMultipart(type) else { return }
        throw Failure(
            .unsupportedBody, "The body is an envelope around the file (\(MediaType.essence(type)))",
            hint:
                "Send the bytes of the file alone, its path in File-Path: curl -X POST -T FILE, or the File itself as "
                + "the body of fetch.")
    }

    private static func refusePart(
        _ variable: StaticString, _ field: String, _ partial: Set<String>?, _ request: Request
    ) throws(Failure) {
        let values = try request.list(variable)?.split { ", \t;".contains($0) } ?? []
        guard values.contains(where: { partial?.contains(String($0)) ?? true }) else { return }
        throw Failure(.partialBody, hint: "Send the whole file, without \(field).")
    }

    private static func refuse(
        _ variable: StaticString, _ field: String, except plain: Set<String>, _ request: Request
    ) throws(Failure) {
        let values = try request.list(variable)?.lowercased().split { ", \t".contains($0) } ?? []
        guard let coding = values.first(where: { !plain.contains(String($0)) }) else { return }
        throw Failure(
            .unsupportedBody, "The body is coded (\(field): \(coding))",
            hint: "Send the bytes as they are to be stored, without \(field).",
            fields: field == "Content-Encoding" ? [HeaderField("Accept-Encoding", "identity")] : [])
    }
}
