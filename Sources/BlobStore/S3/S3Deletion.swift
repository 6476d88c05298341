// Removing blobs, many in one request (DeleteObjects). An absent blob counts as removed.

internal import Cryptography
internal import HTTP
internal import Text

extension S3BlobStore {
    /// DeleteObjects takes at most this many keys.
    private static let batch = 1000

    func remove(_ names: [BlobName]) throws(BlobStoreError) {
        if let name = names.first, names.count == 1 { return try removeOne(name) }
        var rest = names[...]
        while !rest.isEmpty {
            try removeBatch(rest.prefix(Self.batch))
            rest = rest.dropFirst(Self.batch)
        }
    }

    private func removeOne(_ name: BlobName) throws(BlobStoreError) {
        do {
            _ = try client.perform(S3Request("DELETE", address.key(of: name)))
        } catch  where error.kind == .absent {}
    }

    private func removeBatch(_ names: ArraySlice<BlobName>) throws(BlobStoreError) {
        let objects = names.map { "<Object><Key>\(address.key(of: $0))</Key></Object>" }.joined()
        let body =
            "<Delete xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Quiet>true</Quiet>\(objects)</Delete>".utf8Bytes
        // DeleteObjects requires Content-MD5. Without MD5 (FIPS mode) blobs are removed one by one.
        guard let digest = try? md5(body.span) else {
            for name in names { try removeOne(name) }
            return
        }
        var request = S3Request("POST", query: [("delete", "")])
        request.fields = [
            HTTPField("Content-MD5", Base64.encode(digest)), HTTPField("Content-Type", "application/xml"),
        ]
        request.payload = S3Payload(body)
        let answer: S3Response
        do {
            answer = try client.perform(request)
        } catch  where error.kind == .absent {
            // Either the blobs are absent, or this store does not know DeleteObjects.
            for name in names { try removeOne(name) }
            return
        }
        guard let result = XMLElement.parse(answer.body) else {
            throw BlobStoreError(.unavailable, "The storage's answer to a removal is malformed.")
        }
        let failed = result.all("Error").filter { !S3Failure.gone.contains($0["Code"] ?? "") }
        if failed.isEmpty { return }
        throw BlobStoreError(.unavailable, "The storage did not remove \(failed.count) of \(names.count) blobs.")
    }
}
