// Where a bucket is. It is parsed from the storage URL:
// s3://bucket/prefix?endpoint=https://host:port&region=…&style=path|virtual

internal import Text

/// A bucket, the prefix of the store's keys, and how requests address it.
struct S3Address: Equatable, Sendable {
    let bucket: String
    /// The beginning of every key: empty, or with a slash at its end.
    let prefix: String
    let region: String
    /// `https://host:port`. The scheme's default port is left out.
    let origin: String
    /// `host:port`, as in the `Host` field.
    let host: String
    /// The part of a request's path before the key: `/bucket/` or `/`.
    let root: String

    /// - Throws: `.misconfigured`. The message says what is wrong with the URL.
    init(_ url: String) throws(BlobStoreError) {
        guard url.hasPrefix("s3://") else { throw Self.problem("must begin with s3://") }
        let parts = url.dropFirst(5).split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        let path = parts[0].split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        bucket = String(path[0])
        // S3's "Bucket naming rules", and also upper case and `_`, which other stores allow.
        guard (3...63).contains(bucket.utf8.count), bucket.utf8.allSatisfy(Self.isPlain), bucket.first != "." else {
            throw Self.problem("has no valid bucket name: s3://bucket/prefix")
        }
        prefix = try Self.prefix(path.count > 1 ? path[1] : "")
        let parameters = try Self.parameters(parts.count > 1 ? parts[1] : "")
        region = parameters["region"] ?? "us-east-1"
        guard !region.isEmpty, region.utf8.allSatisfy(Self.isPlain) else {
            throw Self.problem("has an invalid region")
        }
        let endpoint = parameters["endpoint"] ?? "https://s3.\(region).amazonaws.com"
        guard let (scheme, host) = Self.split(endpoint) else {
            throw Self.problem("has an invalid endpoint; use https://host:port")
        }
        let style = parameters["style"] ?? (parameters["endpoint"] == nil ? "virtual" : "path")
        switch style {
        case "path": (self.host, root) = (host, "/\(bucket)/")
        case "virtual": (self.host, root) = ("\(bucket.lowercased()).\(host)", "/")
        default: throw Self.problem("has an invalid style; use path or virtual")
        }
        origin = "\(scheme)://\(self.host)"
    }

    /// The blob's key, without the bucket.
    func key(of name: BlobName) -> String { "\(prefix)\(name.prefix)/\(name)" }

    /// The blob that has the key. nil if the key is not a blob's.
    func name(ofKey key: String) -> BlobName? {
        guard key.hasPrefix(prefix), key.utf8.count == prefix.utf8.count + 35 else { return nil }
        guard let name = BlobName(String(key.suffix(32))), self.key(of: name) == key else { return nil }
        return name
    }

    private static func prefix(_ path: Substring) throws(BlobStoreError) -> String {
        if path.isEmpty { return "" }
        let segments = (path.hasSuffix("/") ? path.dropLast() : path).split(
            separator: "/", omittingEmptySubsequences: false)
        guard segments.allSatisfy({ !$0.isEmpty && $0 != "." && $0 != ".." && $0.utf8.allSatisfy(isPlain) }) else {
            throw problem("has an invalid prefix; use letters, digits, - . _ and single slashes")
        }
        return segments.joined(separator: "/") + "/"
    }

    private static func parameters(_ query: Substring) throws(BlobStoreError) -> [String: String] {
        var parameters: [String: String] = [:]
        for part in query.split(separator: "&") {
            let pair = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let name = String(pair[0])
            guard ["endpoint", "region", "style"].contains(name) else {
                throw problem("has an unknown parameter: \(name.prefix(40))")
            }
            guard pair.count == 2, parameters.updateValue(String(pair[1]), forKey: name) == nil else {
                throw problem("must have \(name)=… only once")
            }
        }
        return parameters
    }

    /// An endpoint's scheme and host. The scheme's default port is left out, as clients leave it out of `Host`.
    private static func split(_ endpoint: String) -> (scheme: String, host: String)? {
        let endpoint = endpoint.lowercased()
        for (scheme, port) in [("https", ":443"), ("http", ":80")] where endpoint.hasPrefix("\(scheme)://") {
            var host = endpoint.dropFirst(scheme.utf8.count + 3)
            if host.hasSuffix("/") { host.removeLast() }
            if host.hasSuffix(port) { host.removeLast(port.utf8.count) }
            let isHost = !host.isEmpty && host.utf8.allSatisfy { isPlain($0) || ":[]".utf8.contains($0) }
            return isHost ? (scheme, String(host)) : nil
        }
        return nil
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        byte.isASCIILetter || byte.isASCIIDigit || "-._".utf8.contains(byte)
    }

    private static func problem(_ text: String) -> BlobStoreError {
        BlobStoreError(.misconfigured, "The storage URL \(text).")
    }
}
