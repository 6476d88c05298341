// The records of a ZIP archive as bytes (PKWARE's APPNOTE.TXT §4.3).

internal import Text

extension ZIPEntry {
    /// The local file header (§4.3.7). It has the sizes even if the checksum follows the content, because programs that
    /// read from a pipe need them.
    ///
    /// - Parameter checksum: nil if it follows the content.
    func header(_ checksum: UInt32?) -> [UInt8] {
        var bytes = Self.signature(3, 4)
        bytes.append(common(checksum, isLarge: isLarge))
        bytes.append(nameAndExtraLengths(numbers: isLarge ? 2 : 0))
        bytes += name.utf8
        if isLarge { bytes.append(extra: [size, size]) }
        return bytes + timestampExtra
    }

    /// The data descriptor (§4.3.9).
    func descriptor(_ checksum: UInt32) -> [UInt8] {
        var bytes = Self.signature(7, 8)
        bytes.append(checksum)
        for _ in 0..<2 {
            if isLarge { bytes.append(UInt64(size)) } else { bytes.append(UInt32(size)) }
        }
        return bytes
    }

    /// The file header of the central directory (§4.3.12).
    ///
    /// - Parameter offset: of the local file header, from the beginning of the archive.
    func record(_ checksum: UInt32, at offset: Int64) -> [UInt8] {
        let isFar = offset >= ZIP.maximum32
        var bytes = Self.signature(1, 2)
        // Made on Unix, so that the attributes have the file's type and permissions.
        bytes.append(3 << 8 | version(isLarge || isFar))
        bytes.append(common(checksum, isLarge: isLarge || isFar))
        // With its offset an entry has its sizes, even if they are small: after a file of exactly 4 GiB less one byte,
        // unzip 6.0 expects them.
        let numbers = isFar ? [size, size, offset] : isLarge ? [size, size] : []
        bytes.append(nameAndExtraLengths(numbers: numbers.count))
        // No comment, first disk, no internal attributes.
        bytes += [UInt8](repeating: 0, count: 6)
        bytes.append(attributes)
        bytes.append(UInt32(clamping: offset))
        bytes += name.utf8
        if !numbers.isEmpty { bytes.append(extra: numbers) }
        return bytes + timestampExtra
    }

    static func signature(_ third: UInt8, _ fourth: UInt8) -> [UInt8] { Array("PK".utf8) + [third, fourth] }

    /// From the version that is needed to the sizes, which both headers have.
    ///
    /// - Parameter isLarge: whether the extra field has the sizes.
    private func common(_ checksum: UInt32?, isLarge: Bool) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.append(version(isLarge))
        // The name is in UTF-8; the checksum follows the content.
        bytes.append(UInt16(1 << 11 | (hasDescriptor ? 1 << 3 : 0)))
        // Stored.
        bytes.append(UInt16(0))
        bytes.append(clock)
        bytes.append(checksum ?? 0)
        for _ in 0..<2 { bytes.append(isLarge ? UInt32.max : UInt32(size)) }
        return bytes
    }

    /// 2.0 knows folders, 4.5 knows ZIP64.
    private func version(_ isLarge: Bool) -> UInt16 { isLarge ? 45 : 20 }

    private func nameAndExtraLengths(numbers: Int) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.append(UInt16(name.utf8.count))
        bytes.append(UInt16(ZIP.extraLength(numbers)) + UInt16(timestampExtra.count))
        return bytes
    }

    /// `drwxr-xr-x` and MS-DOS's directory bit, or `-rw-r--r--`.
    private var attributes: UInt32 { isFolder ? 0o040_755 << 16 | 0x10 : 0o100_644 << 16 }

    /// The time of MS-DOS (§4.4.6), in UTC, from 1980 to 2107 and every other second. It has no time zone; a reader
    /// that knows the extended timestamp takes that one.
    private var clock: UInt32 {
        let (first, last): (Int64, Int64) = (315_532_800, 4_354_819_199)
        let time = CivilTime(seconds: min(max(modified, first), last))
        let date = (time.year - 1980) << 9 | time.month << 5 | time.day
        return UInt32(date << 16 | time.hour << 11 | time.minute << 5 | time.second / 2)
    }

    /// The extended timestamp of Info-ZIP, with the modification time alone: seconds since 1970, so it is right in
    /// every time zone.
    private var timestampExtra: [UInt8] {
        guard let timestamp else { return [] }
        var bytes = Array("UT".utf8)
        bytes.append(UInt16(5))
        bytes.append(UInt8(1))
        bytes.append(UInt32(bitPattern: timestamp))
        return bytes
    }
}

extension ZIPLayout {
    /// The records after the central directory (§4.3.14 to §4.3.16).
    var end: [UInt8] {
        var bytes = isLarge ? largeEnd : []
        bytes += ZIPEntry.signature(5, 6)
        // This disk and the directory's are the first.
        bytes.append(UInt32(0))
        bytes.append(UInt16(clamping: count))
        bytes.append(UInt16(clamping: count))
        bytes.append(UInt32(clamping: directoryLength))
        bytes.append(UInt32(clamping: offset))
        // No comment.
        bytes.append(UInt16(0))
        return bytes
    }

    /// The end record of ZIP64, and its locator.
    private var largeEnd: [UInt8] {
        var bytes = ZIPEntry.signature(6, 6)
        // The length of the rest of this record.
        bytes.append(UInt64(44))
        bytes.append(UInt16(3 << 8 | 45))
        bytes.append(UInt16(45))
        bytes.append(UInt64(0))
        for number in [Int64(count), Int64(count), directoryLength, offset] { bytes.append(UInt64(number)) }
        bytes += ZIPEntry.signature(6, 7)
        bytes.append(UInt32(0))
        bytes.append(UInt64(offset + directoryLength))
        bytes.append(UInt32(1))
        return bytes
    }
}

extension [UInt8] {
    /// The number's bytes, the lowest first.
    fileprivate mutating func append(_ number: some FixedWidthInteger & UnsignedInteger) {
        for shift in stride(from: 0, to: number.bitWidth, by: 8) { append(UInt8(truncatingIfNeeded: number >> shift)) }
    }

    fileprivate mutating func append(_ bytes: [UInt8]) { self += bytes }

    /// The extra field of ZIP64 (§4.5.3).
    fileprivate mutating func append(extra numbers: [Int64]) {
        append(UInt16(1))
        append(UInt16(8 * numbers.count))
        for number in numbers { append(UInt64(number)) }
    }
}
