// A staged blob whose bytes arrive once, as a stream, and are few enough for one request. They are collected in an
// unnamed file, so that their digest is known before they are sent, and they can be sent again.

internal import POSIX

final class S3SpooledBody: StagedBlob {
    /// Not /tmp, which may be a file system in memory.
    private static let directory = "/var/tmp"

    private let client: S3Client
    private let name: BlobName
    private(set) var size: Int64 = 0
    /// The file being written. nil once the blob is complete or discarded.
    private var file: FileDescriptor?
    private var whole: S3SinglePut?

    /// nil if this host has no room for `length` bytes. The room is reserved now, so that it cannot run out later.
    init?(_ client: S3Client, as name: BlobName, length: Int64) {
        guard let file = try? FileSystem.createUnnamed(in: Self.directory, reserving: length) else { return nil }
        (self.client, self.name) = (client, name)
        self.file = consume file
    }

    func write(_ bytes: Span<UInt8>) throws(BlobStoreError) {
        guard file != nil else { throw BlobStoreError(.refused, "The blob is finished or discarded already.") }
        try mapError(to: BlobStoreError.self) { try file?.write(all: bytes) }
        size += Int64(bytes.count)
    }

    func finish() throws(BlobStoreError) -> BlobContent { try complete().finish() }

    func publish() throws(BlobStoreError) { try complete().publish() }

    func discard() {
        file = nil
        whole?.discard()
    }

    private func complete() throws(BlobStoreError) -> S3SinglePut {
        if let whole { return whole }
        guard let file = file.take() else { throw BlobStoreError(.refused, "The blob is discarded already.") }
        let whole = S3SinglePut(file, size: size, client, as: name)
        self.whole = whole
        return whole
    }
}
