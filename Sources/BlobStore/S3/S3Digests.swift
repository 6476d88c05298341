// The digests of bytes on their way to a store: it is told them, and what it answers is held against them, as some stores
// keep bytes whose digest is wrong.

internal import Cryptography
internal import HTTP

struct S3Digests {
    let sha256: [UInt8]
    /// Nil where there is no MD5 (FIPS). Then the store's word on the signed SHA-256 must do.
    let md5: [UInt8]?

    /// False where the answer's ETag is an MD5 and of other bytes. It is none where the store encrypts with keys of others.
    func isPlausible(_ head: HTTPHead) -> Bool {
        guard let md5 else { return true }
        let given = (head.field("ETag") ?? "").filter { $0 != "\"" }.lowercased()
        let isDigest = given.utf8.count == 32 && given.allSatisfy { $0.isHexDigit }
        let isEncrypted =
            head.field("x-amz-server-side-encryption").map { $0 != "AES256" } ?? false
            || head.field("x-amz-server-side-encryption-customer-algorithm") != nil
        return !isDigest || isEncrypted || given == hexadecimal(md5)
    }
}

extension S3Request {
    /// Gives the request a body, which `source` begins anew for each attempt.
    ///
    /// - Parameter length: in bytes.
    mutating func carry(_ length: Int64, _ digests: S3Digests, source: @escaping () -> HTTPRequest.Source) {
        if let md5 = digests.md5 { fields.append(HTTPField("Content-MD5", base64(md5))) }
        isGood = digests.isPlausible
        payload = S3Payload(length: length, sha256: hexadecimal(digests.sha256), source: source)
    }
}
