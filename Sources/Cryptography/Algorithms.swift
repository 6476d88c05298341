// Looking an algorithm up costs more than using it once, so it is done once in a process. OpenSSL's fetched algorithms
// do not change and may be shared by threads.

internal import COpenSSL

enum Algorithms {
    /// `EVP_MD_fetch`; nil if the provider has no SHA-256.
    nonisolated(unsafe) static let sha256: OpaquePointer? = unsafe EVP_MD_fetch(nil, "SHA256", nil)

    /// `EVP_MD_fetch`; nil if the provider has no MD5.
    nonisolated(unsafe) static let md5: OpaquePointer? = unsafe EVP_MD_fetch(nil, "MD5", nil)

    /// HMAC with SHA-256 chosen and no key yet, to be duplicated for every use: `EVP_MAC_fetch`, `EVP_MAC_CTX_new`.
    nonisolated(unsafe) static let hmacSHA256: OpaquePointer? = unsafe makeHMAC()

    private static func makeHMAC() -> OpaquePointer? {
        guard let mac = unsafe EVP_MAC_fetch(nil, "HMAC", nil) else { return nil }
        // The context holds its own reference.
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
