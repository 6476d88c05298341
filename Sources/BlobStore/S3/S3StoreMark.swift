// A bucket's mark: the object `coffer-store` under the prefix.

extension S3BlobStore {
    func mark() throws(BlobStoreError) -> String? {
        do {
            return StoreMark.parse(try client.perform(S3Request("GET", address.mark)).body)
        } catch  where error.kind == .absent {
            return nil
        }
    }

    func setMark(_ mark: String) throws(BlobStoreError) {
        var request = S3Request("PUT", address.mark)
        request.payload = S3Payload(Array("\(mark)\n".utf8))
        _ = try client.perform(request)
    }
}

extension S3Address {
    fileprivate var mark: String { prefix + StoreMark.name }
}
