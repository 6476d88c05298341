// A staged blob that the web server has written to a file. It is only hashed here, so its bytes are written once.

internal import POSIX

final class HandOffBlob: PendingBlob {
    private static let bufferSize = 256 << 10

    private let stage: StageFile
    private let name: BlobName
    private var content: BlobContent?
    let size: Int64

    init(_ stage: StageFile, as name: BlobName) throws(BlobStoreError) {
        self.stage = stage
        self.name = name
        size = try mapError(to: BlobStoreError.self) { try stage.file.status().size }
    }

    func write(_ bytes: Span<UInt8>) throws(BlobStoreError) {
        throw BlobStoreError(.refused, "A body file cannot be appended to.")
    }

    func finish() throws(BlobStoreError) -> BlobContent {
        if let content { return content }
        do throws(BlobStoreError) {
            let content = try hash()
            self.content = content
            return content
        } catch {
            discard()
            throw error
        }
    }

    func publish() throws(BlobStoreError) {
        _ = try finish()
        try stage.publish(as: name)
    }

    func confirm() { stage.discard() }

    func discard() {
        stage.discard()
    }

    private func hash() throws(BlobStoreError) -> BlobContent {
        var digest = ContentDigest()
        try stage.file.forEachChunk(size: Self.bufferSize) { bytes throws(BlobStoreError) in
            digest.update(bytes)
            stage.startWriteback(upTo: digest.size)
        }
        let content = digest.finish()
        guard content.size == size else {
            throw BlobStoreError(.refused, "The file of the upload is still changing.")
        }
        return content
    }
}
