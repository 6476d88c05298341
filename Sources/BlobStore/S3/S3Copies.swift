// Copies that the bucket's store makes itself (CopyObject, UploadPartCopy). Several requests are in progress at a time,
// since a folder may have thousands of small files.

internal import HTTP

extension S3BlobStore {
    func copy(_ copies: [BlobCopy]) throws(BlobStoreError) { try copy(copies, partSize: PartSizes.copied) }

    /// - Parameter partSize: in bytes. Longer blobs are copied in parts of this size.
    func copy(_ copies: [BlobCopy], partSize: Int64) throws(BlobStoreError) {
        let short = copies.filter { $0.size <= partSize }
        try client.performAll(short.lazy.map { self.copyRequest($0) }) { _ throws(BlobStoreError) in }
        // The answers do not contain the size.
        var rest = short[...]
        try client.performAll(short.lazy.map { S3Request("HEAD", self.address.key(of: $0.target)) }) {
            (answer) throws(BlobStoreError) in
            try S3Client.requireSize(answer.head, rest.removeFirst().size)
        }
        for copy in copies where copy.size > partSize { try copyInParts(copy, partSize) }
    }

    private func copyInParts(_ copy: BlobCopy, _ partSize: Int64) throws(BlobStoreError) {
        let key = address.key(of: copy.target)
        let upload = try client.beginMultipart(key)
        let parts = stride(from: 0, to: copy.size, by: Int(partSize)).enumerated().lazy.map {
            (number, begin) in
            var request = self.copyRequest(copy)
            request.query = [("partNumber", "\(number + 1)"), ("uploadId", upload)]
            let last = min(begin + partSize, copy.size) - 1
            request.fields.append(HTTPField("x-amz-copy-source-range", "bytes=\(begin)-\(last)"))
            return request
        }
        do {
            var tags: [String] = []
            try client.performAll(parts) { (answer) throws(BlobStoreError) in
                guard let tag = XMLElement.parse(answer.body)?["ETag"], !tag.isEmpty else {
                    throw BlobStoreError(.unavailable, "The storage did not confirm a part of a copy.")
                }
                tags.append(tag)
            }
            try client.completeMultipart(key, upload, tags: tags, size: copy.size)
        } catch {
            try? client.abortMultipart(key, upload)
            throw error
        }
    }

    /// A request without body that names the source.
    private func copyRequest(_ copy: BlobCopy) -> S3Request {
        var request = S3Request("PUT", address.key(of: copy.target))
        // The bucket's name and keys need no percent-encoding.
        request.fields = [HTTPField("x-amz-copy-source", "\(address.bucket)/\(address.key(of: copy.source))")]
        return request
    }
}

extension S3Client {
    /// How many requests are in progress at a time.
    private static let width = 16

    /// Sends requests, with retries, and passes the answers on in the order of the requests.
    func performAll(
        _ requests: some Sequence<S3Request>, _ read: (S3Response) throws(BlobStoreError) -> Void
    ) throws(BlobStoreError) {
        var calls: [S3Call] = []
        for request in requests {
            if calls.count == Self.width { try read(calls.removeFirst().answer()) }
            calls.append(S3Call(request, self))
        }
        for call in calls { try read(call.answer()) }
    }
}
