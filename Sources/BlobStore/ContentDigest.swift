// Computes the properties of a blob's bytes as they are written: their number, their digest, and whether they are text
// in UTF-8.

internal import Cryptography

struct ContentDigest: ~Copyable {
    private var sha256: SHA256
    private var text: UTF8Detector

    init() {
        sha256 = SHA256()
        text = UTF8Detector()
    }

    /// Continues where an upload was interrupted.
    ///
    /// - Throws: `.refused` for the state of another number of bytes.
    init(_ progress: BlobProgress) throws(BlobStoreError) {
        let refusal = BlobStoreError(.refused, "The state of the digest belongs to another offset.")
        guard let state = progress.digest else {
            guard progress.size == 0 else { throw refusal }
            sha256 = SHA256()
            text = UTF8Detector()
            return
        }
        let own = UTF8Detector.stateLength
        guard state.count >= own, let text = UTF8Detector(Array(state.prefix(own))),
            let sha256 = SHA256(Array(state.dropFirst(own)), after: progress.size)
        else { throw refusal }
        self.text = text
        self.sha256 = sha256
    }

    /// The number of bytes so far.
    var size: Int64 { sha256.count }

    /// What `init` needs to continue.
    var state: [UInt8] { mutating get { text.state + sha256.state } }

    mutating func update(_ bytes: Span<UInt8>) {
        sha256.update(bytes)
        text.update(bytes)
    }

    consuming func finish() -> BlobContent {
        let (size, isUTF8) = (size, text.isUTF8)
        return BlobContent(size: size, sha256: sha256.finish(), isUTF8: isUTF8)
    }
}
