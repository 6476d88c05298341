// AWS Signature Version 4 (Amazon S3 API Reference, "Authenticating Requests"): in the `Authorization` field, or in the
// query of a presigned URL.

internal import Cryptography
internal import HTTP
internal import Text

/// Signs requests for one region.
struct S3Signer {
    let credentials: S3Credentials
    let region: String

    /// The SHA-256 of an empty body.
    static let emptyDigest = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

    /// The parts of a request that are signed.
    struct Target {
        let method: String
        let host: String
        /// Not encoded, with a slash at its beginning.
        let path: String
        /// Not encoded, in any order.
        var query: [(name: String, value: String)] = []
        /// Further fields to sign, besides `Host` and the signature's own.
        var fields: [HTTPField] = []

        /// Path and query, encoded.
        var encoded: String { query.isEmpty ? encodedPath : "\(encodedPath)?\(encodedQuery)" }

        var encodedPath: String { PercentCoding.encode(path, allowed: "-._~/") }

        var encodedQuery: String {
            query.map { (name: PercentCoding.encode($0.name), value: PercentCoding.encode($0.value)) }
                .sorted { ($0.name, $0.value) < ($1.name, $1.value) }
                .map { "\($0.name)=\($0.value)" }.joined(separator: "&")
        }
    }

    /// The request's fields and those of its signature.
    ///
    /// - Parameters:
    ///   - payload: the body's SHA-256, hexadecimal.
    ///   - seconds: the time of signing, since 1970.
    func fields(_ target: Target, payload: String, at seconds: Int64) -> [HTTPField] {
        let date = S3Date(seconds: seconds)
        var target = target
        target.fields += [HTTPField("x-amz-content-sha256", payload), HTTPField("x-amz-date", date.stamp)]
        if let token = credentials.sessionToken { target.fields.append(HTTPField("x-amz-security-token", token)) }
        let signature = sign(target, payload: payload, date)
        let authorization =
            "AWS4-HMAC-SHA256 Credential=\(credentials.accessKey)/\(scope(date)),"
            + "SignedHeaders=\(Self.signedNames(target)),Signature=\(signature)"
        return target.fields + [HTTPField("Authorization", authorization)]
    }

    /// Path and query of a presigned URL. Anyone who has it may send the request for `lifetime` seconds.
    func presigned(_ target: Target, lifetime: Int, at seconds: Int64) -> String {
        let date = S3Date(seconds: seconds)
        var target = target
        target.query += [
            ("X-Amz-Algorithm", "AWS4-HMAC-SHA256"), ("X-Amz-Credential", "\(credentials.accessKey)/\(scope(date))"),
            ("X-Amz-Date", date.stamp), ("X-Amz-Expires", "\(lifetime)"),
            ("X-Amz-SignedHeaders", Self.signedNames(target)),
        ]
        if let token = credentials.sessionToken { target.query.append(("X-Amz-Security-Token", token)) }
        let signature = sign(target, payload: "UNSIGNED-PAYLOAD", date)
        return "\(target.encoded)&X-Amz-Signature=\(signature)"
    }

    private func sign(_ target: Target, payload: String, _ date: S3Date) -> String {
        let fields = Self.sorted(target).map { "\($0.name):\($0.value)\n" }.joined()
        let canonical =
            "\(target.method)\n\(target.encodedPath)\n\(target.encodedQuery)\n\(fields)\n"
            + "\(Self.signedNames(target))\n\(payload)"
        let text =
            "AWS4-HMAC-SHA256\n\(date.stamp)\n\(scope(date))\n\(hexadecimal(sha256(canonical.utf8.span)))"
        let key = Self.key(credentials.secretKey, day: date.day, region: region, service: "s3")
        return hexadecimal(Self.hmac(key, text))
    }

    /// The signing key, derived from the secret key.
    static func key(
        _ secret: String, day: String, region: String, service: String
    ) -> [UInt8] {
        var key = Array("AWS4\(secret)".utf8)
        for part in [day, region, service, "aws4_request"] { key = hmac(key, part) }
        return key
    }

    private func scope(_ date: S3Date) -> String { "\(date.day)/\(region)/s3/aws4_request" }

    /// All signed fields, ordered by name. A run of spaces in a value counts as one space.
    private static func sorted(_ target: Target) -> [(name: String, value: String)] {
        (target.fields + [HTTPField("host", target.host)])
            .map { (name: $0.name.lowercased(), value: $0.value.split(separator: " ").joined(separator: " ")) }
            .sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
    }

    private static func signedNames(_ target: Target) -> String {
        sorted(target).map(\.name).joined(separator: ";")
    }

    private static func hmac(_ key: [UInt8], _ text: String) -> [UInt8] {
        hmacSHA256(key: key.span, message: text.utf8Bytes.span)
    }
}

extension String {
    var utf8Bytes: [UInt8] { Array(utf8) }
}
