// The operations of resumable uploads, which are those of tus 1.0.

internal import CofferCore

extension Route {
    func uploadWords(_ method: Method) -> (summary: String, text: String) {
        switch method {
        case .post:
            (
                "Begin a resumable upload",
                "Creates an upload of tus 1.0 (https://tus.io/protocols/resumable-upload), with its extensions "
                    + "creation, creation-with-upload, expiration, checksum and termination. Its length is reserved in "
                    + "the quota until the file is stored, or the upload ends or expires. The conditions are checked now, and "
                    + "again when the last byte has arrived."
            )
        case .head:
            (
                "How much of an upload has arrived",
                "A request that is still sending is asked to end, so that the offset stays true. An upload is its "
                    + "user's alone; one that is finished, expired or another's is not found."
            )
        case .patch:
            (
                "Continue an upload",
                "Appends the body at the offset. If the connection breaks, what has arrived stays. The request that "
                    + "brings the last byte stores the file."
            )
        default: ("End an upload", "Its bytes are removed, and its reservation in the quota ends.")
        }
    }

    func uploadParameters(_ method: Method) -> [OperationParameter] {
        let id = self == .upload ? [OperationParameter.upload] : []
        return switch method {
        case .options: id
        case .post:
            [.tusResumable, .uploadLength, .uploadMetadata, .replaces, .creates, .uploadChecksum]
        case .patch: id + [.tusResumable, .uploadOffset, .uploadChecksum]
        default: id + [.tusResumable]
        }
    }

    func uploadSuccesses(_ method: Method) -> [Success] {
        switch method {
        case .post:
            [
                Success(
                    201, "The upload is at `Location`. With a body, `Upload-Offset` says how much has arrived.",
                    [.tusResumable, .location, .uploadOffset, .uploadExpires, .cacheControl])
            ]
        case .head:
            [
                Success(
                    200, "How much has arrived.",
                    [
                        .tusResumable, .uploadOffset, .uploadLength, .uploadMetadata, .uploadExpires, .cacheControl,
                    ])
            ]
        case .patch:
            [
                Success(
                    204,
                    "The bytes are durable. With the last one the file is stored: then `ETag`, `Repr-Digest` and "
                        + "`Content-Location` describe it, and the upload has ended.",
                    [.tusResumable, .uploadOffset, .uploadExpires, .tag, .digest, .contentLocation, .cacheControl])
            ]
        default: [Success(204, "The upload has ended.", [.tusResumable, .cacheControl])]
        }
    }

    func uploadFailures(_ method: Method) -> [Failure.Kind] {
        let all: [Failure.Kind] = [.storageFull, .outcomeUnknown, .unsupportedProtocol, .repeatedField]
        let commit: [Failure.Kind] = [
            .preconditionFailed, .overQuota, .storageUnavailable, .filePathRule, .uploadTaken,
        ]
        let body: [Failure.Kind] =
            commit + [
                .invalidArgument, .truncatedBody, .checksumMismatch, .lengthRequired, .unsupportedBody, .offsetMismatch,
                .workersBusy,
            ]
        return switch method {
        case .post: all + body + [.uploadExpired]
        case .head: all + commit + [.uploadNotFound]
        case .patch: all + body + [.uploadNotFound]
        default: all + [.uploadNotFound]
        }
    }

    static let piece: OrderedJSON = [
        "description": "Bytes of the file, from the offset on.",
        "content": [
            "application/offset+octet-stream": ["schema": [:], "example": RunningExample.content]
        ],
    ]
}

extension OperationParameter {
    fileprivate static let upload = OperationParameter(
        "upload_id", "id", in: "path", "The upload, from `Location`.", required: true,
        schema: ["type": "string", "format": "uuid"], example: RunningExample.fileID)
    fileprivate static let tusResumable = header(
        "Tus-Resumable", "The version of the protocol.", "1.0.0", required: true,
        schema: ["type": "string", "enum": ["1.0.0"]])
    fileprivate static let uploadLength = header(
        "Upload-Length", "The length of the whole file in bytes.", RunningExample.size, required: true,
        schema: ["type": "integer", "format": "int64", "minimum": 0])
    fileprivate static let uploadOffset = header(
        "Upload-Offset", "How many bytes have arrived before.", 0, required: true,
        schema: ["type": "integer", "format": "int64", "minimum": 0])
    fileprivate static let uploadMetadata = header(
        "Upload-Metadata",
        "Pairs of a key and a value in base64, separated by commas: `file_path` (or `filename`), which is required, "
            + "`description`, `content_type` (or `filetype`) and `modified` (ISO 8601, or seconds since 1970).",
        RunningExample.uploadMetadata, required: true)
    fileprivate static let uploadChecksum = header(
        "Upload-Checksum",
        "The digest of the body: `sha1` or `sha256`, a space, and the digest in base64. A body with "
            + "another digest changes nothing.", "sha1 YZxm9OMSUaR0dSJVHN/cWy0N+eY=")
}

extension AnswerField {
    static let tusResumable = Self("Tus-Resumable", "The version of the protocol.", "1.0.0")
    static let location = Self(
        "Location", "The path of the new upload.", "/uploads/c9a4e7d2-31b6-4f7e-a1d8-5b2e9c0f6a34")
    static let uploadOffset = Self("Upload-Offset", "How many bytes have arrived durably.", "15")
    static let uploadLength = Self("Upload-Length", "The length of the whole file in bytes.", "15")
    static let uploadMetadata = Self(
        "Upload-Metadata", "What the client said when it created the upload.", RunningExample.uploadMetadata)
    static let uploadExpires = Self(
        "Upload-Expires", "When the upload is removed if no more bytes arrive.", RunningExample.modified)
}

extension RunningExample {
    fileprivate static let uploadMetadata: OrderedJSON = "file_path bGV0dGVycy9oZWxsby50eHQ="
}
