// A staged blob that the web server has written to a file on this host, and that is too long for one request. `finish`
// reads the file and sends it in parts.

internal import POSIX

final class S3MultipartFile: StagedBlob {
    private static let bufferSize = 256 << 10

    private let file: FileDescriptor
    private let upload: S3MultipartUpload
    let size: Int64

    init(
        _ file: consuming FileDescriptor, size: Int64, _ client: S3Client, as name: BlobName
    ) throws(BlobStoreError) {
        upload = try S3MultipartUpload(client, as: name, length: size)
        self.size = size
        self.file = file
    }

    func write(_ bytes: Span<UInt8>) throws(BlobStoreError) {
        throw BlobStoreError(.refused, "A body file cannot be appended to.")
    }

    func finish() throws(BlobStoreError) -> BlobContent {
        if upload.size == 0 { try file.forEachChunk(size: Self.bufferSize, upload.write) }
        let content = try upload.finish()
        guard content.size == size else {
            upload.discard()
            throw BlobStoreError(.refused, "The file of the upload is still changing.")
        }
        return content
    }

    func publish() throws(BlobStoreError) {
        _ = try finish()
        try upload.publish()
    }

    func discard() { upload.discard() }
}
