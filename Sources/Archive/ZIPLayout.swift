// Where everything in an archive is. Adding all entries gives the length of the archive before it is written.

/// The layout of a ZIP archive: the entries, then the central directory, then the end records.
public struct ZIPLayout: Equatable, Sendable {
    public private(set) var count = 0
    /// The length of the entries, and so the place of the next one, in bytes.
    private(set) var offset: Int64 = 0
    /// The length of the central directory in bytes.
    public private(set) var directoryLength: Int64 = 0

    public init() {}

    public mutating func add(_ entry: ZIPEntry) {
        count += 1
        directoryLength += entry.recordLength(at: offset)
        offset += entry.headerLength + entry.size + entry.descriptorLength
    }

    /// The length of the whole archive in bytes.
    public var length: Int64 {
        offset + directoryLength + (isLarge ? ZIP.largeEndLength : 0) + ZIP.endLength
    }

    /// Whether the end record's numbers need ZIP64.
    var isLarge: Bool {
        count >= ZIP.maximum16 || offset >= ZIP.maximum32 || directoryLength >= ZIP.maximum32
    }
}
