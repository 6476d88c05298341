// An incremental digest of any algorithm.

internal import COpenSSL

@safe struct Digest: ~Copyable {
    private let context: OpaquePointer
    private let byteCount: Int

    /// Begins a digest: `EVP_DigestInit_ex2`.
    ///
    /// - Parameter algorithm: nil, which throws, if the provider does not support it.
    init(_ algorithm: OpaquePointer?, byteCount: Int) throws(CryptographyError) {
        guard let algorithm = unsafe algorithm else { throw CryptographyError("EVP_MD_fetch") }
        guard let context = unsafe EVP_MD_CTX_new() else { throw CryptographyError("EVP_MD_CTX_new") }
        guard unsafe EVP_DigestInit_ex2(context, algorithm, nil) == 1 else {
            unsafe EVP_MD_CTX_free(context)
            throw CryptographyError("EVP_DigestInit_ex2")
        }
        unsafe self.context = context
        self.byteCount = byteCount
    }

    deinit {
        unsafe EVP_MD_CTX_free(context)
    }

    /// Adds bytes: `EVP_DigestUpdate`, which cannot fail after a successful initialization.
    mutating func update(_ bytes: Span<UInt8>) {
        unsafe bytes.withUnsafeBufferPointer { bytes in
            let status = unsafe EVP_DigestUpdate(context, bytes.baseAddress, bytes.count)
            precondition(status == 1, "EVP_DigestUpdate")
        }
    }

    /// Returns the digest: `EVP_DigestFinal_ex`.
    consuming func finish() -> [UInt8] {
        let length = byteCount
        return unsafe [UInt8](unsafeUninitializedCapacity: length) { digest, count in
            let status = unsafe EVP_DigestFinal_ex(context, digest.baseAddress, nil)
            precondition(status == 1, "EVP_DigestFinal_ex")
            count = length
        }
    }
}
