// The requests that begin, complete and abort a multipart upload.

internal import HTTP
internal import POSIX
internal import Text

extension S3Client {
    /// Returns the `UploadId` (CreateMultipartUpload).
    func beginMultipart(_ key: String) throws(BlobStoreError) -> String {
        let answer = try perform(S3Request("POST", key, query: [("uploads", "")]))
        guard let upload = XMLElement.parse(answer.body)?["UploadId"], !upload.isEmpty else {
            throw BlobStoreError(.unavailable, "The storage did not begin an upload.")
        }
        return upload
    }

    /// Makes the parts an object (CompleteMultipartUpload).
    ///
    /// - Parameters:
    ///   - tags: the ETags of the parts.
    ///   - size: the size of the object in bytes.
    func completeMultipart(
        _ key: String, _ upload: String, tags: [String], size: Int64
    ) throws(BlobStoreError) {
        let parts = tags.enumerated().map {
            "<Part><PartNumber>\($0.offset + 1)</PartNumber><ETag>\(escaped($0.element))</ETag></Part>"
        }.joined()
        var request = S3Request("POST", key, query: [("uploadId", upload)])
        request.fields = [HTTPField("Content-Type", "application/xml")]
        request.payload = S3Payload("<CompleteMultipartUpload>\(parts)</CompleteMultipartUpload>".utf8Bytes)
        do {
            _ = try perform(request)
        } catch  where error.kind == .absent {
            // A retry gets 404 if the first attempt succeeded. The object's size decides.
        }
        try verify(key, size: size)
    }

    /// Absent uploads are ignored.
    func abortMultipart(_ key: String, _ upload: String) throws(BlobStoreError) {
        do {
            _ = try perform(S3Request("DELETE", key, query: [("uploadId", upload)]))
        } catch  where error.kind == .absent {}
    }
}

private func escaped(_ text: String) -> String {
    text.map { ["&": "&amp;", "<": "&lt;", ">": "&gt;", "\"": "&quot;"][$0] ?? String($0) }.joined()
}
