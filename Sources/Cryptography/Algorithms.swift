// OpenSSL's algorithms, fetched once per process, since fetching one takes longer than using it once. Fetched
// algorithms are immutable, so threads may share them.

internal import COpenSSL

enum Algorithms {
    /// SHA-256, or nil if the provider does not support it: `EVP_MD_fetch`.
    nonisolated(unsafe) static let sha256: OpaquePointer? = unsafe EVP_MD_fetch(nil, "SHA256", nil)

    /// MD5, or nil if the provider does not support it: `EVP_MD_fetch`.
    nonisolated(unsafe) static let md5: OpaquePointer? = unsafe EVP_MD_fetch(nil, "MD5", nil)

    /// SHA-1, or nil if the provider does not support it: `EVP_MD_fetch`.
    nonisolated(unsafe) static let sha1: OpaquePointer? = unsafe EVP_MD_fetch(nil, "SHA1", nil)

    /// An HMAC-SHA-256 context without a key, to be duplicated for each use: `EVP_MAC_fetch`, `EVP_MAC_CTX_new`.
    nonisolated(unsafe) static let hmacSHA256: OpaquePointer? = unsafe makeHMAC()

    private static func makeHMAC() -> OpaquePointer? {
        guard let mac = unsafe EVP_MAC_fetch(nil, "HMAC", nil) else { return nil }
        // The context keeps its own reference.
        defer { unsafe EVP_MAC_free(mac) }
        guard let context = unsafe EVP_MAC_CTX_new(mac) else { return nil }
        var name = Array("SHA256".utf8CString)
        let isSet = unsafe name.withUnsafeMutableBufferPointer { name in
            var parameters = unsafe [
                OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, name.baseAddress, 0),
                OSSL_PARAM_construct_end(),
            ]
            return unsafe EVP_MAC_CTX_set_params(context, &parameters) == 1
        }
        if isSet { return unsafe context }
        unsafe EVP_MAC_CTX_free(context)
        return nil
    }
}
