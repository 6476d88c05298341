// SHA-256 (FIPS 180-4) whose state can be saved, so that another process can continue a digest.

internal import COpenSSL

/// An incremental SHA-256 digest that can continue from a saved state.
@safe public struct ResumableSHA256: ~Copyable {
    private var context = SHA256_CTX()
    /// The number of bytes so far.
    public private(set) var count: Int64 = 0

    /// Begins a digest: `SHA256_Init`.
    public init() { unsafe coffer_sha256_init(&context) }

    /// Continues from a state. nil if it is not a state after `count` bytes.
    public init?(_ state: [UInt8], after count: Int64) {
        guard count >= 0, state.count == 40 + Int(count % 64), Array(state.prefix(8)) == Self.bytes(count) else {
            return nil
        }
        self.count = count
        unsafe coffer_sha256_restore(&context, Array(state.dropFirst(8)), UInt64(count))
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
        unsafe bytes.withUnsafeBufferPointer { unsafe coffer_sha256_update(&context, $0.baseAddress, $0.count) }
    }

    /// Returns the digest, 32 bytes: `SHA256_Final`.
    public consuming func finish() -> [UInt8] {
        unsafe [UInt8](unsafeUninitializedCapacity: SHA256.byteCount) { digest, length in
            unsafe coffer_sha256_final(&context, digest.baseAddress)
            length = SHA256.byteCount
        }
    }
}
