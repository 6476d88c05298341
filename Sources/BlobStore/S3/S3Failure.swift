// Failed attempts, and which of them are worth a retry. Messages contain the store's error code and never a key, a name
// or a secret.

internal import HTTP

/// An attempt that failed.
struct S3Failure: Error {
    let error: BlobStoreError
    /// Whether a retry can succeed.
    let mayPass: Bool
    /// The pause that the store asked for (`Retry-After`).
    var pause: Duration?

    init(_ error: BlobStoreError, mayPass: Bool) {
        (self.error, self.mayPass) = (error, mayPass)
    }

    init(_ error: HTTPError) {
        switch error.kind {
        case .certificate:
            self.init(
                BlobStoreError(.misconfigured, "The storage's certificate is not trusted: \(error)."), mayPass: false)
        case .library:
            self.init(BlobStoreError(.misconfigured, "The storage cannot be used: \(error)."), mayPass: false)
        case .body: self.init(BlobStoreError(.unavailable, "The bytes to store cannot be read."), mayPass: false)
        case .connection, .timeout, .answer:
            self.init(BlobStoreError(.unavailable, "The storage cannot be reached: \(error)."), mayPass: true)
        }
    }

    /// - Parameter answer: with an error status, or with `Error` in its body.
    init(_ answer: S3Response) {
        let status = answer.head.status
        let code = Self.code(answer.body)
        let said = "\(status)\(code.isEmpty ? "" : " ")\(code)"
        let mayPass =
            !Self.gone.contains(code) && ([429, 500, 502, 503, 504].contains(status) || status == 200)
            || ["RequestTimeout", "OperationAborted", "BadDigest", "XAmzContentSHA256Mismatch", "SlowDown"].contains(
                code)
        self.init(BlobStoreError(Self.kind(status, code), Self.text(Self.kind(status, code), said)), mayPass: mayPass)
        pause = answer.head.field("Retry-After").flatMap { Int64($0) }.map { .seconds($0) }
    }

    /// The codes for something that does not exist. They appear with any status, and in the answer to DeleteObjects.
    static let gone: Set<String> = ["NoSuchKey", "NoSuchUpload", "NoSuchVersion", "NotFound"]

    private static func kind(_ status: Int, _ code: String) -> BlobStoreError.Kind {
        switch (status, code) {
        case (_, _) where gone.contains(code): .absent
        case (507, _), (_, "QuotaExceeded"), (_, "XMinioStorageFull"), (_, "InsufficientStorage"): .full
        case (413, _), (_, "EntityTooLarge"): .tooLarge
        case (_, "NoSuchBucket"), (301, _), (307, _), (401, _), (403, _), (_, "AuthorizationHeaderMalformed"):
            .misconfigured
        case (404, _), (410, _): .absent
        default: .unavailable
        }
    }

    private static func text(_ kind: BlobStoreError.Kind, _ said: String) -> String {
        switch kind {
        case .full: "The storage is full (\(said))."
        case .tooLarge: "The storage cannot hold a file of this size (\(said))."
        case .absent: "The blob is not in the store (\(said))."
        case .misconfigured: "The storage denied access: check credentials, bucket, region and clock (\(said))."
        default: "The storage failed (\(said))."
        }
    }

    /// The error code in a body, reduced to letters and digits.
    private static func code(_ body: [UInt8]) -> String {
        guard let root = XMLElement.parse(body), root.name == "Error" else { return "" }
        return String((root["Code"] ?? "").filter { $0.isASCII && ($0.isLetter || $0.isNumber) }.prefix(60))
    }
}
