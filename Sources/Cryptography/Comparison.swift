// Comparison of secrets.

internal import COpenSSL

/// Whether two byte strings are equal, in a time that depends on their lengths only: `CRYPTO_memcmp`.
///
/// Strings of different lengths are not equal, and that is found at once.
public func constantTimeEqual(_ a: Span<UInt8>, _ b: Span<UInt8>) -> Bool {
    guard a.count == b.count else { return false }
    return unsafe a.withUnsafeBufferPointer { a in
        unsafe b.withUnsafeBufferPointer { b in
            unsafe a.isEmpty || CRYPTO_memcmp(a.baseAddress!, b.baseAddress!, a.count) == 0
        }
    }
}
