// MD5 (RFC 1321), for protocols that ask for it as a checksum. It protects against accidents, never against people.

internal import COpenSSL

/// The digest of a message, 16 bytes: `EVP_Digest`.
///
/// - Throws: where the provider has no MD5, as in FIPS mode.
public func md5(_ message: Span<UInt8>) throws(CryptographyError) -> [UInt8] {
    guard let algorithm = unsafe Algorithms.md5 else { throw CryptographyError("EVP_MD_fetch") }
    var isMade: Int32 = 0
    let digest = unsafe [UInt8](unsafeUninitializedCapacity: 16) { digest, count in
        isMade = unsafe message.withUnsafeBufferPointer {
            unsafe EVP_Digest($0.baseAddress, $0.count, digest.baseAddress, nil, algorithm, nil)
        }
        count = 16
    }
    guard isMade == 1 else { throw CryptographyError("EVP_Digest") }
    return digest
}
