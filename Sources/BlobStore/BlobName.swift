// Names of blobs are generated, never derived from anything a user typed.

internal import Cryptography

/// 128 random bits as 32 lower-case hexadecimal digits: names a blob in every kind of store.
public struct BlobName: Hashable, Comparable, Sendable, CustomStringConvertible {
    public let description: String

    /// Nil unless `text` is exactly 32 lower-case hexadecimal digits, so that a name can never be a path.
    public init?(_ text: String) {
        guard text.utf8.count == 32, text.utf8.allSatisfy(Self.isDigit) else { return nil }
        description = text
    }

    /// A name nobody has used before. Fails as `.unavailable` when the system has no random bytes.
    public static func generate() throws(BlobStoreError) -> BlobName {
        do {
            return BlobName(random: try randomBytes(16))
        } catch {
            throw BlobStoreError(.unavailable, "There are no random bytes for a blob's name.")
        }
    }

    public static func < (left: BlobName, right: BlobName) -> Bool {
        left.description.utf8.lexicographicallyPrecedes(right.description.utf8)
    }

    /// The first two digits, by which stores spread their blobs.
    var prefix: String { String(description.prefix(2)) }

    private init(random bytes: [UInt8]) {
        let digits = Array("0123456789abcdef".utf8)
        let text = bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }
        description = String(decoding: text, as: UTF8.self)
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"): true
        default: false
        }
    }
}
