// An archive as the body of a response. The worker reads the blobs from their stores and writes the archive, in
// constant memory.

internal import Archive
internal import BlobStore
internal import Storage

final class ArchiveBody: GeneratedBody {
    private let list: ArchiveList
    private let storage: StoreCache
    /// Released with the body.
    private let slot: PoolSlot?

    init(_ list: ArchiveList, _ storage: StoreCache, _ slot: consuming PoolSlot?) {
        (self.list, self.storage) = (list, storage)
        self.slot = slot
    }

    var length: Int64 { list.layout.length }

    /// Opens the first blob, so that a store that is unavailable is reported by an error instead of a broken archive.
    func probe() throws(BlobStoreError) {
        guard let (entry, source) = list.firstContent else { return }
        _ = try open(source, entry)
    }

    func send(to output: (Span<UInt8>) throws -> Void) throws {
        let directory = try SpooledBytes(reserving: list.layout.directoryLength)
        var writer = ZIPWriter()
        try list.forEach { entry, source in
            let record = try write(entry, source, with: &writer, to: output)
            try directory.append(record.span)
        }
        try directory.forEachPiece(output)
        try output(writer.end.span)
    }

    /// Writes an entry, and returns its record of the central directory.
    private func write(
        _ entry: ZIPEntry, _ source: ArchiveList.Source?, with writer: inout ZIPWriter,
        to output: (Span<UInt8>) throws -> Void
    ) throws -> [UInt8] {
        guard let source, entry.size > 0 else { return try writer.write(entry, read: { _, _ in }, to: output) }
        let blob = try open(source, entry)
        let read = { [storage] (offset: Int64, buffer: inout OutputSpan<UInt8>) in
            let count = try storage.stopwatch.measure { try blob.read(at: offset, into: &buffer) }
            if count == 0 { throw BlobStoreError(.unavailable, "A blob is shorter than its size.") }
        }
        return try writer.write(entry, read: read, to: output)
    }

    private func open(_ source: ArchiveList.Source, _ entry: ZIPEntry) throws(BlobStoreError) -> any BlobReader {
        let reader = try storage.stopwatch.measure { () throws(BlobStoreError) in
            try storage.store(source.storeURL).open(source.blob)
        }
        guard reader.size == entry.size else {
            throw BlobStoreError(.unavailable, "A blob has another size than its row.")
        }
        return reader
    }
}
