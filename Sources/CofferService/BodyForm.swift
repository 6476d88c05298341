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

    /// - Throws: `Failure` 415 for an envelope or a coding, 400 for a part.
    static func requireWholeFile(_ request: Request) throws(Failure) {
        try refuseEnvelope(request)
        for coding in codings { try refuse(coding.variable, coding.field, except: coding.plain, request) }
        if try request.list("HTTP_CONTENT_RANGE") != nil {
            throw Failure(.partialBody, hint: "Send the whole file, without Content-Range.")
        }
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
