// Refuses an upload whose head says that the body is not the whole file itself, but an envelope around it, a coding of
// it or a part of it. The body is stored as it is, so the result would be a broken file.

internal import CofferCore
internal import Gateway

enum BodyForm {
    /// The fields that name codings, each with the values that leave the bytes as they are.
    private static let codings: [(field: RequestField, plain: Set<String>)] = [
        (.contentEncoding, ["identity"]),
        // The web server has decoded the chunks.
        (.transferEncoding, ["chunked", "identity"]),
        // From mail; some clients send it with forms as well.
        (.contentTransferEncoding, ["7bit", "8bit", "binary", "identity"]),
    ]

    /// The fields by which protocols for resumable and split uploads announce a part of a file, each with the values
    /// that do so. nil if any value does.
    private static let parts: [(field: RequestField, partial: Set<String>?)] = [
        (.contentRange, nil),
        // From clients that cannot set Content-Range.
        (.xContentRange, nil),
        // Booleans (RFC 9651 §3.3.6) of draft-ietf-httpbis-resumable-upload; its first versions had the second one.
        (.uploadComplete, ["?0"]), (.uploadIncomplete, ["?1"]),
        // From that draft and from tus.
        (.uploadOffset, nil), (.tusResumable, nil),
        (.ocChunked, nil),
    ]

    /// - Throws: `Failure` 415 for an envelope or a coding, 400 for a part.
    static func requireWholeFile(_ request: Request) throws(Failure) {
        try refuseEnvelope(request)
        for coding in codings { try refuse(coding.field, except: coding.plain, request) }
        for part in parts { try refusePart(part.field, part.partial, request) }
    }

    /// `application/x-www-form-urlencoded` is accepted: it has no envelope, and it is curl's type for every body.
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
