// Multipart uploads that are neither completed nor aborted. They are counted, and abandoned ones are aborted. Any of
// them may vanish meanwhile, as other processes complete and abort uploads, too.

internal import HTTP
internal import POSIX

extension S3BlobStore {
    /// An upload counts as abandoned if no part arrived for this long, unless the caller gives another age.
    private static let abandonedAfter = Duration.seconds(86_400)

    struct Upload {
        let key: String
        let id: String
        /// In seconds since 1970.
        let begun: Int64?
    }

    func sweepAbandonedStages(
        olderThan age: Duration?, except open: ([BlobName]) throws -> Set<BlobName>
    ) throws -> Int {
        let limit = Clock.realtimeSeconds() - (age ?? Self.abandonedAfter).components.seconds
        var uploads: [Upload] = []
        try forEachUpload { (upload) throws(BlobStoreError) in
            if let begun = upload.begun, begun <= limit { uploads.append(upload) }
        }
        let tails = try tails().filter { $0.value <= limit }.keys
        let names = Set(uploads.compactMap { address.name(ofKey: $0.key) }).union(tails)
        if names.isEmpty { return 0 }
        let kept = try open(Array(names))
        for name in Set(tails).subtracting(kept) { try client.removeTails(of: name) }
        var count = 0
        for upload in uploads where address.name(ofKey: upload.key).map(kept.contains) == false {
            if try abortIdle(upload, since: limit) { count += 1 }
        }
        return count
    }

    func openUploads() throws(BlobStoreError) -> OpenUploads? {
        var open = OpenUploads(count: 0, oldest: nil)
        try forEachUpload { (upload) throws(BlobStoreError) in open.add(begun: upload.begun) }
        return open
    }

    /// Lists the uploads of blobs (ListMultipartUploads).
    ///
    /// - Parameter prefix: the beginning of the keys. nil for all blobs.
    func forEachUpload(
        prefix: String? = nil, _ body: (Upload) throws(BlobStoreError) -> Void
    ) throws(BlobStoreError) {
        var markers: [(name: String, value: String)] = []
        while true {
            let query = [("uploads", ""), ("prefix", prefix ?? address.prefix), ("max-uploads", "1000")] + markers
            let answer: S3Response
            do {
                answer = try client.perform(S3Request("GET", query: query))
            } catch  where error.kind == .absent {
                // SeaweedFS and others answer so if there are no uploads.
                return
            }
            guard let result = XMLElement.parse(answer.body) else {
                throw BlobStoreError(.unavailable, "The storage's list of uploads is malformed.")
            }
            for upload in result.all("Upload") {
                guard let key = upload["Key"], let id = upload["UploadId"], address.name(ofKey: key) != nil else {
                    continue
                }
                try body(Upload(key: key, id: id, begun: upload["Initiated"].flatMap { S3Date.seconds($0) }))
            }
            guard result["IsTruncated"] == "true", let key = result["NextKeyMarker"], !key.isEmpty else { return }
            markers = [("key-marker", key), ("upload-id-marker", result["NextUploadIdMarker"] ?? "")]
        }
    }

    /// Aborts an upload unless one of its parts arrived after `limit` (in seconds since 1970), as a slow client may
    /// need more than a day.
    ///
    /// - Returns: whether this call aborted it.
    private func abortIdle(_ upload: Upload, since limit: Int64) throws(BlobStoreError) -> Bool {
        do {
            let last = try lastPart(upload)
            if let last, last > limit { return false }
            _ = try client.perform(S3Request("DELETE", upload.key, query: [("uploadId", upload.id)]))
            return true
        } catch  where error.kind == .absent {
            // Another process completed or aborted it.
            return false
        }
    }

    /// When the last part arrived, in seconds since 1970 (ListParts). nil if there is no part.
    private func lastPart(_ upload: Upload) throws(BlobStoreError) -> Int64? {
        var last: Int64?
        var marker = "0"
        while true {
            let answer = try client.perform(
                S3Request("GET", upload.key, query: [("uploadId", upload.id), ("part-number-marker", marker)]))
            guard let result = XMLElement.parse(answer.body) else { return last }
            for part in result.all("Part") {
                if let time = part["LastModified"].flatMap({ S3Date.seconds($0) }) { last = max(last ?? 0, time) }
            }
            guard result["IsTruncated"] == "true", let next = result["NextPartNumberMarker"], next != marker else {
                return last
            }
            marker = next
        }
    }
}

extension OpenUploads {
    /// When the oldest upload began, as `2026-01-31T12:00:00Z`.
    public var since: String? { oldest.map { S3Date(seconds: $0).text } }
}
