// Comparing secrets.

internal import COpenSSL

/// Whether two byte strings are equal. The time depends only on their lengths: `CRYPTO_memcmp`.
///
/// Returns false immediately if the lengths differ.
public func constantTimeEqual(_ a: Span<UInt8>, _ b: Span<UInt8>) -> Bool {
    guard a.count == b.count else { return false }
    return unsafe a.withUnsafeBufferPointer { a in
        unsafe b.withUnsafeBufferPointer { b in
            unsafe a.isEmpty || CRYPTO_memcmp(a.baseAddress!, b.baseAddress!, a.count) == 0
        }
    }
}
