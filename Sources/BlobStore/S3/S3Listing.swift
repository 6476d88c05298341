// The blobs of a bucket, listed by ListObjectsV2, whose keys come in the order of the blobs' names.

internal import HTTP

extension S3BlobStore {
    /// Skips pages without blobs, as only the last page may be empty.
    func list(after last: BlobName?, limit: Int) throws(BlobStoreError) -> [BlobStatus] {
        var begin = last.map { address.key(of: $0) }
        while true {
            var query = [("list-type", "2"), ("prefix", address.prefix), ("max-keys", "\(min(limit, 1000))")]
            if let begin { query.append(("start-after", begin)) }
            let answer = try client.perform(S3Request("GET", query: query))
            guard let result = XMLElement.parse(answer.body), result.name == "ListBucketResult" else {
                throw Self.malformedList
            }
            let objects = result.all("Contents")
            var page: [BlobStatus] = []
            for object in objects {
                if let status = try address.status(object) { page.append(status) }
            }
            guard page.isEmpty, result["IsTruncated"] == "true", let key = objects.last?["Key"] else { return page }
            begin = key
        }
    }

    fileprivate static let malformedList = BlobStoreError(.unavailable, "The storage's list of blobs is malformed.")
}

extension S3Address {
    /// The status of a listed object. nil if it is not a blob.
    ///
    /// - Throws: `.unavailable` if a blob has no size or time. Without its time, a new blob would look like an old one.
    func status(_ object: XMLElement) throws(BlobStoreError) -> BlobStatus? {
        guard let name = object["Key"].flatMap({ name(ofKey: $0) }) else { return nil }
        guard let size = object["Size"].flatMap({ Int64($0) }),
            let modified = object["LastModified"].flatMap({ S3Date.seconds($0) })
        else { throw S3BlobStore.malformedList }
        return BlobStatus(name: name, size: size, modified: modified)
    }
}
