// SHA-1 (FIPS 180-4), for protocols that use it as a checksum. It detects accidental changes only, not deliberate ones.

/// An incremental SHA-1 digest.
public struct SHA1: ~Copyable {
    private var digest: Digest

    /// - Throws: if the provider does not support SHA-1.
    public init() throws(CryptographyError) {
        digest = unsafe try Digest(Algorithms.sha1, byteCount: 20)
    }

    /// Adds bytes.
    public mutating func update(_ bytes: Span<UInt8>) { digest.update(bytes) }

    /// Returns the digest, 20 bytes.
    public consuming func finish() -> [UInt8] { digest.finish() }
}
