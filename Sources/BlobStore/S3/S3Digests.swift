// The digests of the bytes that are sent to a store. The request carries them, and the answer is compared with them, as
// some stores keep bytes whose digest is wrong.

internal import Cryptography
internal import HTTP
internal import Text

struct S3Digests {
    let sha256: [UInt8]
    /// nil if OpenSSL offers no MD5 (FIPS mode). Then the store's check of the signed SHA-256 must do.
    let md5: [UInt8]?

    /// False if the ETag is an MD5 that does not match. With SSE-KMS or SSE-C the ETag is not an MD5 (Amazon S3 API
    /// Reference, "Object").
    func isPlausible(_ head: HTTPHead) -> Bool {
        guard let md5 else { return true }
        let given = (head.field("ETag") ?? "").filter { $0 != "\"" }.lowercased()
        let isDigest = given.utf8.count == 32 && given.utf8.allSatisfy(\.isLowerHexadecimalDigit)
        let isEncrypted =
            head.field("x-amz-server-side-encryption").map { $0 != "AES256" } ?? false
            || head.field("x-amz-server-side-encryption-customer-algorithm") != nil
        return !isDigest || isEncrypted || given == hexadecimal(md5)
    }
}

extension S3Request {
    /// Gives the request a body. Each attempt calls `source` to read it from the beginning.
    ///
    /// - Parameter length: in bytes.
    mutating func carry(_ length: Int64, _ digests: S3Digests, source: @escaping () -> HTTPRequest.Source) {
        if let md5 = digests.md5 { fields.append(HTTPField("Content-MD5", Base64.encode(md5))) }
        isGood = digests.isPlausible
        payload = S3Payload(length: length, sha256: hexadecimal(digests.sha256), source: source)
    }
}
