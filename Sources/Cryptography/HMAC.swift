// HMAC-SHA-256 (RFC 2104), for signing and verifying tokens and requests. OpenSSL computes the digests; its own HMAC
// would need a provider (see SHA256.swift).

internal import COpenSSL

/// A key for authentication codes. It is hashed once, and then serves any number of messages.
public struct HMACKey: Sendable {
    /// The two digests that a code consists of, each after the block that is made of the key.
    private let inner: SHA256_CTX
    private let outer: SHA256_CTX

    public init(_ key: Span<UInt8>) {
        var block = unsafe key.withUnsafeBufferPointer { unsafe Array($0) }
        if block.count > Self.blockSize { block = sha256(key) }
        block += [UInt8](repeating: 0, count: Self.blockSize - block.count)
        (inner, outer) = (Self.begin(block, 0x36), Self.begin(block, 0x5c))
    }

    private static let blockSize = 64

    private static func begin(_ block: [UInt8], _ pad: UInt8) -> SHA256_CTX {
        let padded = block.map { $0 ^ pad }
        var context = coffer_sha256_begin()
        context.add(padded.span)
        return context
    }

    /// The authentication code of a message, 32 bytes.
    ///
    /// Compare codes only with `constantTimeEqual`.
    public func code(of message: Span<UInt8>) -> [UInt8] {
        var (inner, outer) = (inner, outer)
        inner.add(message)
        let digest = inner.end()
        outer.add(digest.span)
        return outer.end()
    }
}

/// The authentication code of one message, 32 bytes.
///
/// Compare codes only with `constantTimeEqual`.
public func hmacSHA256(key: Span<UInt8>, message: Span<UInt8>) -> [UInt8] { HMACKey(key).code(of: message) }
