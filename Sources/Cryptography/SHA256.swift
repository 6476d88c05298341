// SHA-256 (FIPS 180-4).

/// An incremental SHA-256 digest.
public struct SHA256: ~Copyable {
    /// The length of a digest in bytes.
    public static let byteCount = 32

    private var digest: Digest

    public init() throws(CryptographyError) {
        digest = unsafe try Digest(Algorithms.sha256, byteCount: Self.byteCount)
    }

    /// Adds bytes.
    public mutating func update(_ bytes: Span<UInt8>) { digest.update(bytes) }

    /// Returns the digest, 32 bytes.
    public consuming func finish() -> [UInt8] { digest.finish() }
}
