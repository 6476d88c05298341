// What an upload's head says of its body. Stored is what comes, so what comes must be the file itself and all of it: no
// envelope around it, no coding of it, no part of it. Whoever sent another thing would find that out by a broken file.

internal import CofferCore
internal import Gateway

enum BodyForm {
    /// Codings by their fields, and which values of each leave the bytes as they are.
    private static let codings: [(field: RequestField, plain: Set<String>)] = [
        (.contentEncoding, ["identity"]),
        // The web server undoes the chunks.
        (.transferEncoding, ["chunked", "identity"]),
        // Of mail, where forms have it too.
        (.contentTransferEncoding, ["7bit", "8bit", "binary", "identity"]),
    ]

    /// Fields by which protocols of resumable and split uploads send a part or hold some of the file back; nil for those
    /// that say so by coming at all, else the values that do.
    private static let parts: [(field: RequestField, partial: Set<String>?)] = [
        (.contentRange, nil),
        // Where a proxy or a library may not set Content-Range.
        (.xContentRange, nil),
        // Booleans (RFC 9651 §3.3.6) of draft-ietf-httpbis-resumable-upload, the second of its first versions.
        (.uploadComplete, ["?0"]), (.uploadIncomplete, ["?1"]),
        // Of that and of tus.
        (.uploadOffset, nil), (.tusResumable, nil),
        (.ocChunked, nil),
    ]

    /// - Throws: `Failure` 415 for an envelope or a coding, 400 for a part.
    static func requireWholeFile(_ request: Request) throws(Failure) {
        try refuseEnvelope(request)
        for coding in codings { try refuse(coding.field, except: coding.plain, request) }
        for part in parts { try refusePart(part.field, part.partial, request) }
    }

    /// A form of `application/x-www-form-urlencoded` has no envelope, and it is what curl calls all that it sends.
    private static func refuseEnvelope(_ request: Request) throws(Failure) {
        guard let type = try request.text(.contentType), MediaType.isMultipart(type) else { return }
        throw Failure(
            .unsupportedBody, "The body is an envelope around the file (\(MediaType.essence(type)))",
            hint:
                "Send the bytes of the file alone, its path in File-Path: curl -X POST -T FILE, or the File itself as "
                + "the body of fetch.")
    }

    private static func refusePart(
        _ field: RequestField, _ partial: Set<String>?, _ request: Request
    ) throws(Failure) {
        let values = try request.list(field)?.split { ", \t;".contains($0) } ?? []
        guard values.contains(where: { partial?.contains(String($0)) ?? true }) else { return }
        throw Failure(.partialBody, hint: "Send the whole file, without \(field.name).")
    }

    private static func refuse(
        _ field: RequestField, except plain: Set<String>, _ request: Request
    ) throws(Failure) {
        let values = try request.list(field)?.lowercased().split { ", \t".contains($0) } ?? []
        guard let coding = values.first(where: { !plain.contains(String($0)) }) else { return }
        throw Failure(
            .unsupportedBody, "The body is coded (\(field.name): \(coding))",
            hint: "Send the bytes as they are to be stored, without \(field.name).",
            fields: field.name == RequestField.contentEncoding.name ? [HeaderField("Accept-Encoding", "identity")] : [])
    }
}
