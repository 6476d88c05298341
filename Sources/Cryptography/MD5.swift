// MD5 (RFC 1321), for protocols that use it as a checksum. It detects accidental changes only, not deliberate ones.

/// An incremental MD5 digest.
public struct MD5: ~Copyable {
    private var digest: Digest

    /// - Throws: if the provider does not support MD5, as in FIPS mode.
    public init() throws(CryptographyError) {
        digest = unsafe try Digest(Algorithms.md5, byteCount: 16)
    }

    /// Adds bytes.
    public mutating func update(_ bytes: Span<UInt8>) { digest.update(bytes) }

    /// Returns the digest, 16 bytes.
    public consuming func finish() -> [UInt8] { digest.finish() }
}

/// The digest of a message, 16 bytes.
///
/// - Throws: if the provider does not support MD5, as in FIPS mode.
public func md5(_ message: Span<UInt8>) throws(CryptographyError) -> [UInt8] {
    var digest = try MD5()
    digest.update(message)
    return digest.finish()
}
