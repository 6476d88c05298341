// A staged blob whose bytes pass through this process. They are hashed while they are written.

internal import POSIX

final class WrittenBlob: PendingBlob {
    private let stage: StageFile
    private let name: BlobName
    private var digest: ContentDigest?
    private var content: BlobContent?
    private(set) var size: Int64 = 0

    init(_ stage: StageFile, as name: BlobName) {
        self.stage = stage
        self.name = name
        digest = ContentDigest()
    }

    func write(_ bytes: Span<UInt8>) throws(BlobStoreError) {
        guard digest != nil else { throw BlobStoreError(.refused, "The blob is finished already.") }
        do {
            try stage.file.write(all: bytes)
        } catch {
            discard()
            throw BlobStoreError(error)
        }
        digest?.update(bytes)
        size += Int64(bytes.count)
        stage.startWriteback(upTo: size)
    }

    func finish() throws(BlobStoreError) -> BlobContent {
        if let content { return content }
        guard let digest = digest.take() else { throw BlobStoreError(.refused, "The blob is discarded already.") }
        let content = digest.finish()
        self.content = content
        return content
    }

    func publish() throws(BlobStoreError) {
        _ = try finish()
        try stage.publish(as: name)
    }

    func confirm() { stage.discard() }

    func discard() {
        digest = nil
        stage.discard()
    }
}
