// Blobs' names are generated. They are never derived from user input.

internal import Text

/// 128 random bits as 32 lower-case hexadecimal digits: names a blob in every kind of store.
public struct BlobName: Hashable, Comparable, Sendable, CustomStringConvertible {
    public let description: String

    /// nil unless `text` is exactly 32 lower-case hexadecimal digits. So a name cannot contain a path.
    public init?(_ text: String) {
        guard text.utf8.count == 32, text.allBytes(\.isLowerHexadecimalDigit) else { return nil }
        description = text
    }

    /// Makes a new random name.
    public static func generate() -> BlobName { BlobName(unchecked: randomHexadecimal()) }

    public static func < (left: BlobName, right: BlobName) -> Bool {
        left.description.utf8.lexicographicallyPrecedes(right.description.utf8)
    }

    /// The first two digits, by which stores distribute their blobs.
    var prefix: Substring { Substring(description.utf8.prefix(2)) }

    private init(unchecked text: String) { description = text }
}
