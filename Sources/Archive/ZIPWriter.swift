// Writes a ZIP archive as a stream, in constant memory and of a length that is known before. No library that Debian has
// does both: libarchive knows no length in advance, and keeps the central directory in memory.

/// A content ended before the size of its entry.
public struct ZIPContentEnded: Error {}

/// Writes the entries of an archive without compression, one after the other, and then the central directory.
public struct ZIPWriter {
    /// How many bytes of a content are read at a time.
    static let bufferSize = 1 << 18

    private var layout = ZIPLayout()
    private var buffer: [UInt8] = []

    public init() { buffer.reserveCapacity(Self.bufferSize) }

    /// Writes an entry.
    ///
    /// - Parameters:
    ///   - read: appends the bytes of the content from an offset, at least one. Not called for an empty content.
    ///   - output: gets the bytes of the archive.
    /// - Returns: the entry's record of the central directory. The caller keeps all of them in order, and writes them
    ///   before `end`.
    /// - Throws: `ZIPContentEnded`, or an error of a closure. The archive is broken then.
    public mutating func write(
        _ entry: ZIPEntry, read: (_ offset: Int64, _ buffer: inout OutputSpan<UInt8>) throws -> Void,
        to output: (Span<UInt8>) throws -> Void
    ) throws -> [UInt8] {
        var checksum = CRC32()
        var position = try fill(entry, from: 0, read)
        checksum.update(buffer.span)
        try output(entry.header(entry.hasDescriptor ? nil : checksum.value).span)
        try output(buffer.span)
        while position < entry.size {
            position += try fill(entry, from: position, read)
            checksum.update(buffer.span)
            try output(buffer.span)
        }
        if entry.hasDescriptor { try output(entry.descriptor(checksum.value).span) }
        let record = entry.record(checksum.value, at: layout.offset)
        layout.add(entry)
        return record
    }

    /// The bytes that follow the central directory.
    public var end: [UInt8] { layout.end }

    /// Reads until the buffer is full or the content ends, and returns how many bytes.
    private mutating func fill(
        _ entry: ZIPEntry, from position: Int64, _ read: (Int64, inout OutputSpan<UInt8>) throws -> Void
    ) throws -> Int64 {
        let wanted = Int(min(Int64(Self.bufferSize), entry.size - position))
        buffer.removeAll(keepingCapacity: true)
        while buffer.count < wanted {
            let count = buffer.count
            try buffer.append(addingCapacity: wanted - count) { try read(position + Int64(count), &$0) }
            guard buffer.count > count else { throw ZIPContentEnded() }
        }
        return Int64(buffer.count)
    }
}
