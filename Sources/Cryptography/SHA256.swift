// SHA-256 (FIPS 180-4), by OpenSSL's functions for this digest alone. They need no provider, whose start takes longer
// than all else that a plain CGI process computes, and their state can be saved.

internal import COpenSSL

/// An incremental SHA-256 digest. Another process can continue it from a saved state.
public struct SHA256: ~Copyable {
    /// The length of a digest in bytes.
    public static let byteCount = 32

    private var context: SHA256_CTX
    /// The number of bytes so far.
    public private(set) var count: Int64 = 0

    /// Begins a digest: `SHA256_Init`.
    public init() { context = coffer_sha256_begin() }

    /// Continues from a state. nil if it is not a state after `count` bytes.
    public init?(_ state: [UInt8], after count: Int64) {
        guard count >= 0, state.count == 40 + Int(count % 64), Array(state.prefix(8)) == Self.bytes(count) else {
            return nil
        }
        self.count = count
        unsafe context = coffer_sha256_restore(Array(state.dropFirst(8)), UInt64(count))
    }

    /// The number of bytes, the eight words of the digest so far, and the bytes of the block that is not full yet.
    public var state: [UInt8] {
        mutating get {
            unsafe Self.bytes(count)
                + [UInt8](unsafeUninitializedCapacity: 96) { state, length in
                    length = unsafe coffer_sha256_save(&context, state.baseAddress)
                }
        }
    }

    private static func bytes(_ count: Int64) -> [UInt8] {
        (0..<8).map { UInt8(truncatingIfNeeded: count >> (56 - 8 * $0)) }
    }

    /// Adds bytes: `SHA256_Update`.
    public mutating func update(_ bytes: Span<UInt8>) {
        count += Int64(bytes.count)
        context.add(bytes)
    }

    /// Returns the digest, 32 bytes: `SHA256_Final`.
    public consuming func finish() -> [UInt8] { context.end() }
}

extension SHA256_CTX {
    mutating func add(_ bytes: Span<UInt8>) {
        unsafe bytes.withUnsafeBufferPointer { unsafe coffer_sha256_update(&self, $0.baseAddress, $0.count) }
    }

    mutating func end() -> [UInt8] {
        unsafe [UInt8](unsafeUninitializedCapacity: SHA256.byteCount) { digest, length in
            unsafe coffer_sha256_final(&self, digest.baseAddress)
            length = SHA256.byteCount
        }
    }
}

/// The digest of a message, 32 bytes.
public func sha256(_ message: Span<UInt8>) -> [UInt8] {
    var digest = SHA256()
    digest.update(message)
    return digest.finish()
}
