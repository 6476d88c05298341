// The head of a request that creates a resumable upload.

internal import CofferCore
internal import Postgres
internal import Storage

struct UploadCreation {
    /// The length of the file in bytes.
    let length: Int64
    let metadata: UploadMetadata
    let file: NewFile
    /// Whether the body is the beginning of the file.
    let hasBody: Bool

    init(_ request: Request) throws(Failure) {
        guard let length = try request.bytes(.uploadFullLength) else {
            throw Failure(.invalidArgument, "The header Upload-Length is required")
        }
        self.length = length
        metadata = try UploadMetadata(try request.list(.uploadMetadata) ?? "")
        file = NewFile(
            metadata.path, contentType: ContentType(named: metadata.contentType, path: metadata.path), size: length,
            description: metadata.description.map { .text($0) } ?? .null, ifMatch: try Upload.ifMatch(request),
            ifNoneMatch: try Upload.ifNoneMatch(request))
        hasBody = try request.isPiece
        let announced = try request.announcedLength()
        guard hasBody || announced ?? 0 == 0 else {
            throw Failure(.unsupportedBody, "The Content-Type of a body must be \(ResumableProtocol.mediaType)")
        }
    }
}
