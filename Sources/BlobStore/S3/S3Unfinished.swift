// Unfinished blobs of a bucket: beginning them, finding their tails, and removing what is left of them.

internal import HTTP
internal import POSIX

extension S3BlobStore {
    func resume(
        _ name: BlobName, length: Int64, from progress: BlobProgress
    ) throws(BlobStoreError) -> any ResumableBlob {
        try S3UnfinishedBlob(client, name, length: length, from: progress)
    }

    func discardUnfinished(_ names: [BlobName]) throws(BlobStoreError) {
        for name in names {
            let key = address.key(of: name)
            var uploads: [String] = []
            try forEachUpload(prefix: key) { (upload) throws(BlobStoreError) in
                if upload.key == key { uploads.append(upload.id) }
            }
            for upload in uploads { try client.abortMultipart(key, upload) }
            try client.removeTails(of: name)
        }
    }

    /// The names of unfinished blobs that have a tail, with the time of the newest one.
    func tails() throws(BlobStoreError) -> [BlobName: Int64] {
        var newest: [BlobName: Int64] = [:]
        try client.forEachTail(prefix: address.unfinishedPrefix) { (key, modified) throws(BlobStoreError) in
            guard let name = address.name(ofTail: key) else { return }
            newest[name] = max(newest[name] ?? 0, modified)
        }
        return newest
    }
}

extension S3Client {
    func removeTails(of name: BlobName) throws(BlobStoreError) {
        var keys: [String] = []
        try forEachTail(prefix: address.unfinishedKey(of: name)) { (key, _) throws(BlobStoreError) in keys.append(key) }
        for key in keys {
            do throws(BlobStoreError) {
                _ = try perform(S3Request("DELETE", key))
            } catch  where error.kind == .absent {}
        }
    }

    func forEachTail(
        prefix: String, _ body: (_ key: String, _ modified: Int64) throws(BlobStoreError) -> Void
    ) throws(BlobStoreError) {
        var begin: String?
        while true {
            var query = [("list-type", "2"), ("prefix", prefix), ("max-keys", "1000")]
            if let begin { query.append(("start-after", begin)) }
            let answer: S3Response
            do throws(BlobStoreError) {
                answer = try perform(S3Request("GET", query: query))
            } catch  where error.kind == .absent {
                return
            }
            guard let result = XMLElement.parse(answer.body), result.name == "ListBucketResult" else {
                throw BlobStoreError(.unavailable, "The storage's list of unfinished uploads is malformed.")
            }
            for object in result.all("Contents") {
                guard let key = object["Key"], let time = object["LastModified"].flatMap({ S3Date.seconds($0) }) else {
                    continue
                }
                try body(key, time)
                begin = key
            }
            guard result["IsTruncated"] == "true", begin != nil else { return }
        }
    }
}

extension S3Address {
    /// The beginning of the keys of all tails. No blob's key begins so.
    var unfinishedPrefix: String { "\(prefix)unfinished/" }

    /// The beginning of the keys of a blob's tails.
    func unfinishedKey(of name: BlobName) -> String { "\(unfinishedPrefix)\(name)" }

    fileprivate func name(ofTail key: String) -> BlobName? {
        guard key.hasPrefix(unfinishedPrefix) else { return nil }
        return BlobName(String(key.dropFirst(unfinishedPrefix.count).prefix(32)))
    }
}
