// Computes the properties of a blob's bytes as they are written: their number, their digest, and whether they are text
// in UTF-8.

internal import Cryptography

struct ContentDigest: ~Copyable {
    private var sha256: SHA256
    private var text = UTF8Detector()
    private(set) var size: Int64 = 0

    init() throws(BlobStoreError) { sha256 = try newDigest() }

    mutating func update(_ bytes: Span<UInt8>) {
        sha256.update(bytes)
        text.update(bytes)
        size += Int64(bytes.count)
    }

    consuming func finish() -> BlobContent {
        let (size, isUTF8) = (size, text.isUTF8)
        return BlobContent(size: size, sha256: sha256.finish(), isUTF8: isUTF8)
    }
}

func newDigest() throws(BlobStoreError) -> SHA256 {
    do { return try SHA256() } catch { throw BlobStoreError(.unavailable, "SHA-256 is not available.") }
}
