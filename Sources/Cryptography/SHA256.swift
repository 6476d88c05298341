// SHA-256 (FIPS 180-4), in as many pieces as the bytes come in.

internal import COpenSSL

/// A digest under way.
@safe public struct SHA256: ~Copyable {
    /// The length of a digest in bytes.
    public static let byteCount = 32

    private let context: OpaquePointer

    /// `EVP_DigestInit_ex2`
    public init() throws(CryptographyError) {
        guard let algorithm = unsafe Algorithms.sha256 else { throw CryptographyError("EVP_MD_fetch") }
        guard let context = unsafe EVP_MD_CTX_new() else { throw CryptographyError("EVP_MD_CTX_new") }
        guard unsafe EVP_DigestInit_ex2(context, algorithm, nil) == 1 else {
            unsafe EVP_MD_CTX_free(context)
            throw CryptographyError("EVP_DigestInit_ex2")
        }
        unsafe self.context = context
    }

    deinit {
        unsafe EVP_MD_CTX_free(context)
    }

    /// Adds bytes: `EVP_DigestUpdate`, which cannot fail after a successful start.
    public mutating func update(_ bytes: Span<UInt8>) {
        unsafe bytes.withUnsafeBufferPointer { bytes in
            let status = unsafe EVP_DigestUpdate(context, bytes.baseAddress, bytes.count)
            precondition(status == 1, "EVP_DigestUpdate")
        }
    }

    /// The digest, 32 bytes: `EVP_DigestFinal_ex`.
    public consuming func finish() -> [UInt8] {
        return unsafe [UInt8](unsafeUninitializedCapacity: Self.byteCount) { digest, count in
            let status = unsafe EVP_DigestFinal_ex(context, digest.baseAddress, nil)
            precondition(status == 1, "EVP_DigestFinal_ex")
            count = Self.byteCount
        }
    }
}
