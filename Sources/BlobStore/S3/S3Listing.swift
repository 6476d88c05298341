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
                throw BlobStoreError(.unavailable, "The storage's list of blobs is malformed.")
            }
            let objects = result.all("Contents")
            let page = objects.compactMap(status)
            guard page.isEmpty, result["IsTruncated"] == "true", let key = objects.last?["Key"] else { return page }
            begin = key
        }
    }

    private func status(_ object: XMLElement) -> BlobStatus? {
        guard let name = object["Key"].flatMap({ address.name(ofKey: $0) }),
            let size = object["Size"].flatMap({ Int64($0) })
        else { return nil }
        return BlobStatus(name: name, size: size, modified: object["LastModified"].flatMap { S3Date.seconds($0) } ?? 0)
    }
}
