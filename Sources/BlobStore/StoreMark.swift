// The mark of a store: a UUID in a file or object beside the blobs. It moves and is copied with them.

enum StoreMark {
    /// The file's name, and the end of the object's key.
    static let name = "coffer-store"
    /// In bytes. Longer contents are not a mark.
    static let maximumSize = 64

    static func parse(_ bytes: [UInt8]) -> String {
        String(decoding: bytes.prefix(maximumSize), as: UTF8.self).filter { !$0.isWhitespace }
    }
}
