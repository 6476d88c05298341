// Removing: a batch of blobs by one request, and what interrupted uploads left behind.

internal import Cryptography
internal import HTTP
internal import System

extension S3BlobStore {
    /// The most keys of one DeleteObjects.
    private static let batch = 1000
    /// An upload of which no part came for so long is taken for abandoned, unless the caller says otherwise.
    private static let abandonedAfter = Duration.seconds(86_400)

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
        // Asked for by all stores. Where there is no MD5 (FIPS), one by one.
        guard let digest = try? md5(body.span) else {
            for name in names { try removeOne(name) }
            return
        }
        var request = S3Request("POST", query: [("delete", "")])
        request.fields = [HTTPField("Content-MD5", base64(digest)), HTTPField("Content-Type", "application/xml")]
        request.payload = try S3Payload(body)
        let answer = try client.perform(request)
        guard let result = XMLElement.parse(answer.body) else {
            throw BlobStoreError(.unavailable, "The storage's answer to a removal cannot be read.")
        }
        let failed = result.all("Error").filter { !["NoSuchKey", "NotFound"].contains($0["Code"] ?? "") }
        if failed.isEmpty { return }
        throw BlobStoreError(.unavailable, "The storage did not remove \(failed.count) of \(names.count) blobs.")
    }

    func sweepAbandonedStages(olderThan age: Duration?) throws(BlobStoreError) -> Int {
        let limit = Clock.realtimeSeconds() - (age ?? Self.abandonedAfter).components.seconds
        var count = 0
        var markers: [(name: String, value: String)] = []
        while true {
            let query = [("uploads", ""), ("prefix", address.prefix), ("max-uploads", "1000")] + markers
            let answer = try client.perform(S3Request("GET", query: query))
            guard let result = XMLElement.parse(answer.body) else {
                throw BlobStoreError(.unavailable, "The storage's list of uploads cannot be read.")
            }
            for upload in result.all("Upload") {
                guard let key = upload["Key"], let id = upload["UploadId"], address.name(ofKey: key) != nil else {
                    continue
                }
                guard let initiated = upload["Initiated"].flatMap({ S3Date.seconds($0) }), initiated <= limit else {
                    continue
                }
                if try abortQuiet(key, id, since: limit) { count += 1 }
            }
            guard result["IsTruncated"] == "true", let key = result["NextKeyMarker"], !key.isEmpty else { return count }
            markers = [("key-marker", key), ("upload-id-marker", result["NextUploadIdMarker"] ?? "")]
        }
    }

    /// Aborts an upload unless a part of it came after the time: a slow client may take longer than a day.
    private func abortQuiet(_ key: String, _ id: String, since limit: Int64) throws(BlobStoreError) -> Bool {
        do {
            let last = try lastPart(key, id)
            if let last, last > limit { return false }
            _ = try client.perform(S3Request("DELETE", key, query: [("uploadId", id)]))
            return true
        } catch  where error.kind == .absent {
            // Its owner was faster.
            return false
        }
    }

    private func lastPart(_ key: String, _ id: String) throws(BlobStoreError) -> Int64? {
        var last: Int64?
        var marker = "0"
        while true {
            let answer = try client.perform(
                S3Request("GET", key, query: [("uploadId", id), ("part-number-marker", marker)]))
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

func base64(_ bytes: [UInt8]) -> String {
    let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    var result: [UInt8] = []
    for start in stride(from: 0, to: bytes.count, by: 3) {
        let group = bytes[start..<min(start + 3, bytes.count)]
        let value = (0..<3).reduce(0) { $0 << 8 | (start + $1 < bytes.count ? Int(bytes[start + $1]) : 0) }
        for place in 0..<4 {
            result.append(place <= group.count ? digits[value >> (18 - 6 * place) & 63] : UInt8(ascii: "="))
        }
    }
    return String(decoding: result, as: UTF8.self)
}
