// HMAC-SHA-256 (RFC 2104), for signing and verifying tokens and requests.

internal import COpenSSL

/// A key for authentication codes. It is hashed once, and then serves any number of messages.
@safe public final class HMACKey {
    private let context: OpaquePointer

    /// `EVP_MAC_CTX_dup`, `EVP_MAC_init`.
    public init(_ key: Span<UInt8>) throws(CryptographyError) {
        guard let template = unsafe Algorithms.hmacSHA256 else { throw CryptographyError("EVP_MAC_fetch") }
        guard let context = unsafe EVP_MAC_CTX_dup(template) else { throw CryptographyError("EVP_MAC_CTX_dup") }
        unsafe self.context = context
        guard unsafe start(context, key) == 1 else { throw CryptographyError("EVP_MAC_init") }
    }

    deinit {
        unsafe EVP_MAC_CTX_free(context)
    }

    /// The authentication code of a message, 32 bytes: `EVP_MAC_init`, `EVP_MAC_update`, `EVP_MAC_final`.
    ///
    /// Compare codes only with `constantTimeEqual`.
    public func code(of message: Span<UInt8>) throws(CryptographyError) -> [UInt8] {
        // For OpenSSL, a null pointer means the same key as before.
        guard unsafe EVP_MAC_init(context, nil, 0, nil) == 1 else { throw CryptographyError("EVP_MAC_init") }
        let isUpdated = unsafe message.withUnsafeBufferPointer {
            unsafe EVP_MAC_update(context, $0.baseAddress, $0.count)
        }
        guard isUpdated == 1 else { throw CryptographyError("EVP_MAC_update") }
        var isFinal: Int32 = 0
        let code = unsafe [UInt8](unsafeUninitializedCapacity: SHA256.byteCount) { code, count in
            isFinal = unsafe EVP_MAC_final(context, code.baseAddress, &count, code.count)
        }
        guard isFinal == 1 else { throw CryptographyError("EVP_MAC_final") }
        return code
    }
}

/// The authentication code of one message, 32 bytes.
///
/// Compare codes only with `constantTimeEqual`.
public func hmacSHA256(key: Span<UInt8>, message: Span<UInt8>) throws(CryptographyError) -> [UInt8] {
    try HMACKey(key).code(of: message)
}

private func start(_ context: OpaquePointer, _ key: Span<UInt8>) -> Int32 {
    unsafe key.withUnsafeBufferPointer { key in
        // A null pointer would not mean an empty key.
        var none: UInt8 = 0
        guard let bytes = key.baseAddress else { return unsafe EVP_MAC_init(context, &none, 0, nil) }
        return unsafe EVP_MAC_init(context, bytes, key.count, nil)
    }
}
