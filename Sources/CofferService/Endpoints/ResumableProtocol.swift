// The headers of tus 1.0 (https://tus.io/protocols/resumable-upload), by which clients upload in several requests.

internal import CofferCore
internal import Text

enum ResumableProtocol {
    static let version = "1.0.0"
    /// The media type of a body that continues an upload.
    static let mediaType = "application/offset+octet-stream"
    private static let extensions = "creation,creation-with-upload,expiration,checksum,termination"

    /// The fields that `OPTIONS` adds for the routes of uploads.
    static func capabilities(maximum: Int64?) -> [HeaderField] {
        [
            HeaderField("Tus-Version", version), HeaderField("Tus-Extension", extensions),
            HeaderField("Tus-Checksum-Algorithm", UploadChecksum.names),
        ] + (maximum.map { [HeaderField("Tus-Max-Size", String($0))] } ?? [])
    }

    /// - Throws: `Failure` 412 with the version that is supported.
    static func requireVersion(_ request: Request) throws(Failure) {
        guard try request.single(.tusResumable) == version else {
            throw Failure(.unsupportedProtocol, fields: [HeaderField("Tus-Version", version)])
        }
    }

    static func offset(_ offset: Int64) -> HeaderField { HeaderField("Upload-Offset", String(offset)) }

    static func expires(_ seconds: Int64) -> HeaderField {
        HeaderField("Upload-Expires", HTTPDate(seconds: seconds).description)
    }
}

extension Route {
    /// The fields of every answer.
    var fields: [HeaderField] {
        isResumable ? [HeaderField("Tus-Resumable", ResumableProtocol.version)] : []
    }

    /// Adds these fields to the failures of `body`.
    func adding<Value>(_ body: (Route) throws(Failure) -> Value) throws(Failure) -> Value {
        do throws(Failure) {
            return try body(self)
        } catch {
            var failure = error
            failure.fields += fields
            throw failure
        }
    }
}

extension Request {
    /// A field that is a number of bytes. nil if it is absent.
    ///
    /// - Throws: `Failure` 400 if it is not a number.
    func bytes(_ field: RequestField) throws(Failure) -> Int64? {
        guard let text = try single(field), !text.isEmpty else { return nil }
        guard text.utf8.allSatisfy(\.isASCIIDigit), let number = Int64(text) else {
            throw Failure(.invalidArgument, "The header \(field.name) is not a number of bytes")
        }
        return number
    }

    var uploadChecksum: UploadChecksum? {
        get throws(Failure) { try single(.uploadChecksum).map { (text) throws(Failure) in try UploadChecksum(text) } }
    }

    /// Whether the body continues an upload.
    var isPiece: Bool {
        get throws(Failure) {
            try mediaType().map { MediaType.essence($0) == ResumableProtocol.mediaType } ?? false
        }
    }
}
