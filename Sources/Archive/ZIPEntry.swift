// One file or folder of an archive, and how many bytes describe it. All lengths are known before its content is read.

/// A file or a folder of a ZIP archive.
public struct ZIPEntry: Equatable, Sendable {
    /// The path in the archive, in UTF-8, with `/` between segments. A folder's ends with `/`.
    public let name: String
    /// In bytes. 0 for a folder.
    public let size: Int64
    /// Seconds since 1970.
    public let modified: Int64

    public init(name: String, size: Int64, modified: Int64) {
        (self.name, self.size, self.modified) = (name, size, modified)
    }

    var isFolder: Bool { name.utf8.last == UInt8(ascii: "/") }

    /// Whether the checksum follows the content, as it is not known before. A content that fits into the writer's
    /// buffer is read before its header is written, because some readers refuse this form for stored content.
    var hasDescriptor: Bool { size > Int64(ZIPWriter.bufferSize) }

    /// Whether the size needs 64 bits. The largest number of 32 bits says that another field has the number.
    var isLarge: Bool { size >= ZIP.maximum32 }

    /// The time of the extended timestamp, which has 32 bits and a sign. nil for a time that does not fit.
    var timestamp: Int32? { Int32(exactly: modified) }

    var headerLength: Int64 {
        ZIP.headerLength + Int64(name.utf8.count) + timestampLength + (isLarge ? ZIP.extraLength(2) : 0)
    }

    var descriptorLength: Int64 { hasDescriptor ? isLarge ? 24 : 16 : 0 }

    /// - Parameter offset: of the header, from the beginning of the archive.
    func recordLength(at offset: Int64) -> Int64 {
        let numbers = offset >= ZIP.maximum32 ? 3 : isLarge ? 2 : 0
        return ZIP.recordLength + Int64(name.utf8.count) + timestampLength + ZIP.extraLength(numbers)
    }

    private var timestampLength: Int64 { timestamp == nil ? 0 : 9 }
}

/// The numbers of the format (PKWARE's APPNOTE.TXT, version 6.3.10).
enum ZIP {
    static let maximum16 = 0xFFFF
    static let maximum32: Int64 = 0xFFFF_FFFF
    static let headerLength: Int64 = 30
    static let recordLength: Int64 = 46
    static let endLength: Int64 = 22
    /// The end record of ZIP64 and its locator.
    static let largeEndLength: Int64 = 56 + 20

    /// The length of the extra field that has this many numbers of 64 bits.
    static func extraLength(_ numbers: Int) -> Int64 { numbers == 0 ? 0 : Int64(4 + 8 * numbers) }
}
