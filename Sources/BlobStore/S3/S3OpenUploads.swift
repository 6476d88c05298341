// Uploads in parts that are neither completed nor aborted: counted, and the abandoned ones aborted. Others abort and
// complete at the same time, so any of them may be gone when it is its turn.

internal import HTTP
internal import System

extension S3BlobStore {
    /// An upload of which no part came for so long is taken for abandoned, unless the caller says otherwise.
    private static let abandonedAfter = Duration.seconds(86_400)

    private struct Pending {
        let key: String
        let id: String
        /// In seconds since 1970.
        let begun: Int64?
    }

    func sweepAbandonedStages(olderThan age: Duration?) throws(BlobStoreError) -> Int {
        let limit = Clock.realtimeSeconds() - (age ?? Self.abandonedAfter).components.seconds
        var count = 0
        try forEachPending { (upload) throws(BlobStoreError) in
            if let begun = upload.begun, begun <= limit, try abortQuiet(upload, since: limit) { count += 1 }
        }
        return count
    }

    func openUploads() throws(BlobStoreError) -> OpenUploads? {
        var open = OpenUploads(count: 0, oldest: nil)
        try forEachPending { (upload) throws(BlobStoreError) in open.add(begun: upload.begun) }
        return open
    }

    private func forEachPending(_ body: (Pending) throws(BlobStoreError) -> Void) throws(BlobStoreError) {
        var markers: [(name: String, value: String)] = []
        while true {
            let query = [("uploads", ""), ("prefix", address.prefix), ("max-uploads", "1000")] + markers
            let answer: S3Response
            do {
                answer = try client.perform(S3Request("GET", query: query))
            } catch  where error.kind == .absent {
                // How SeaweedFS and others say that there is none.
                return
            }
            guard let result = XMLElement.parse(answer.body) else {
                throw BlobStoreError(.unavailable, "The storage's list of uploads cannot be read.")
            }
            for upload in result.all("Upload") {
                guard let key = upload["Key"], let id = upload["UploadId"], address.name(ofKey: key) != nil else {
                    continue
                }
                try body(Pending(key: key, id: id, begun: upload["Initiated"].flatMap { S3Date.seconds($0) }))
            }
            guard result["IsTruncated"] == "true", let key = result["NextKeyMarker"], !key.isEmpty else { return }
            markers = [("key-marker", key), ("upload-id-marker", result["NextUploadIdMarker"] ?? "")]
        }
    }

    /// Aborts an upload unless a part of it came after the time: a slow client may take longer than a day.
    ///
    /// - Returns: whether it was for us to abort.
    private func abortQuiet(_ upload: Pending, since limit: Int64) throws(BlobStoreError) -> Bool {
        do {
            let last = try lastPart(upload)
            if let last, last > limit { return false }
            _ = try client.perform(S3Request("DELETE", upload.key, query: [("uploadId", upload.id)]))
            return true
        } catch  where error.kind == .absent {
            // Its owner was faster.
            return false
        }
    }

    private func lastPart(_ upload: Pending) throws(BlobStoreError) -> Int64? {
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
    /// When the oldest began: `2026-01-31T12:00:00Z`.
    public var since: String? { oldest.map { S3Date(seconds: $0).text } }
}
