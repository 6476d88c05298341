// OpenSSL's algorithms, fetched once per process, since fetching one takes longer than using it once. Fetched
// algorithms are immutable, so threads may share them.

internal import COpenSSL

enum Algorithms {
    /// MD5, or nil if the provider does not support it: `EVP_MD_fetch`.
    nonisolated(unsafe) static let md5: OpaquePointer? = unsafe EVP_MD_fetch(nil, "MD5", nil)

    /// SHA-1, or nil if the provider does not support it: `EVP_MD_fetch`.
    nonisolated(unsafe) static let sha1: OpaquePointer? = unsafe EVP_MD_fetch(nil, "SHA1", nil)
}
