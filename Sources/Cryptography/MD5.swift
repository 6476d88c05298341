// MD5 (RFC 1321), for protocols that ask for it as a checksum. It protects against accidents, never against people.

/// A digest under way.
public struct MD5: ~Copyable {
    private var digest: Digest

    /// - Throws: where the provider has no MD5, as in FIPS mode.
    public init() throws(CryptographyError) {
        digest = unsafe try Digest(Algorithms.md5, byteCount: 16)
    }

    /// Adds bytes.
    public mutating func update(_ bytes: Span<UInt8>) { digest.update(bytes) }

    /// The digest, 16 bytes.
    public consuming func finish() -> [UInt8] { digest.finish() }
}

/// The digest of a message, 16 bytes.
///
/// - Throws: where the provider has no MD5, as in FIPS mode.
public func md5(_ message: Span<UInt8>) throws(CryptographyError) -> [UInt8] {
    var digest = try MD5()
    digest.update(message)
    return digest.finish()
}
