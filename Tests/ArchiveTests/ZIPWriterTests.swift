import TestSupport
import Testing

@testable import Archive

struct ZIPWriterTests {
    /// The archive of these entries, each with the bytes that `byte` gives.
    private func archive(_ entries: [ZIPEntry], piece: Int = .max, byte: (Int64) -> UInt8 = { _ in 7 }) throws
        -> [UInt8]
    {
        var writer = ZIPWriter()
        var (bytes, directory) = ([UInt8](), [UInt8]())
        for entry in entries {
            directory += try writer.write(
                entry,
                read: { offset, buffer in
                    for index in 0..<Int64(min(piece, buffer.freeCapacity)) { buffer.append(byte(offset + index)) }
                }, to: { bytes.append(contentsOf: $0) })
        }
        return bytes + directory + writer.end
    }

    private func length(_ entries: [ZIPEntry]) -> Int64 {
        entries.reduce(into: ZIPLayout()) { $0.add($1) }.length
    }

    @Test func `the length is known before the archive is written`() throws {
        var generator = RepeatableGenerator(seed: 2)
        let sizes: [Int64] = [0, 1, 2, 262_143, 262_144, 262_145, 600_000]
        let times: [Int64] = [0, 1_700_000_000, -1, 1 << 31, -(1 << 31) - 1, .max]
        for _ in 0..<30 {
            let entries = (0..<Int.random(in: 0...6, using: &generator)).map { _ in
                ZIPEntry(
                    name: generator.text(length: 300), size: sizes.randomElement(using: &generator) ?? 0,
                    modified: times.randomElement(using: &generator) ?? 0)
            }
            #expect(Int64(try archive(entries).count) == length(entries))
        }
    }

    @Test(arguments: [0, 1, 0xFFFF_FFFE, 0xFFFF_FFFF, 0x1_0000_0000, 1 << 62] as [Int64])
    func `records at the borders of 32 bits have their lengths`(number: Int64) {
        for offset in [0, 0xFFFF_FFFE, 0xFFFF_FFFF, 0x1_0000_0000] as [Int64] {
            let entry = ZIPEntry(name: "é", size: number, modified: 1)
            #expect(Int64(entry.header(1).count) == entry.headerLength)
            #expect(Int64(entry.record(1, at: offset).count) == entry.recordLength(at: offset))
            if entry.hasDescriptor { #expect(Int64(entry.descriptor(1).count) == entry.descriptorLength) }
        }
    }

    @Test(arguments: [(0xFFFE, false), (0xFFFF, true), (0x1_0000, true)])
    func `from 65,535 entries on the end record is that of ZIP64`(count: Int, isLarge: Bool) throws {
        let entries = (0..<count).map { ZIPEntry(name: "\($0)", size: 0, modified: 0) }
        let archive = try archive(entries)
        #expect(Int64(archive.count) == length(entries))
        #expect(archive.suffix(42).starts(with: Array("PK\u{6}\u{7}".utf8)) == isLarge)
        let inEnd = UInt16(archive[archive.count - 12]) | UInt16(archive[archive.count - 11]) << 8
        #expect(inEnd == UInt16(min(count, 0xFFFF)))
    }

    @Test func `an archive of more than 4 GiB has ZIP64 where a number needs it`() {
        let small = ZIPEntry(name: "a", size: 1, modified: 0)
        let large = ZIPEntry(name: "a", size: 0xFFFF_FFFF, modified: 0)
        // The header of the second is beyond the border, though both are small.
        var layout = ZIPLayout()
        layout.add(ZIPEntry(name: "a", size: 0xFFFF_FFFE, modified: 0))
        #expect(small.record(0, at: layout.offset).count == small.record(0, at: 0).count + 28)
        #expect(layout.isLarge)
        #expect(large.header(nil).count == small.header(nil).count + 20)
        // 32 bits of ones, and the true size in the extra field.
        #expect(large.header(nil)[18..<26].allSatisfy { $0 == 0xFF })
        #expect(small.header(0)[4] == 20 && large.header(nil)[4] == 45)
    }

    @Test func `a content that arrives in small pieces gives the same archive`() throws {
        let entries = [300_000, 5, 0].map { ZIPEntry(name: "\($0)", size: $0, modified: 1_600_000_000) }
        let byte = { (offset: Int64) in UInt8(truncatingIfNeeded: offset &* 31 >> 3) }
        #expect(try archive(entries, piece: 1000, byte: byte) == archive(entries, byte: byte))
    }

    @Test(arguments: [1, 300_000] as [Int64])
    func `a content that ends early is an error, and the central directory is not written`(size: Int64) {
        var writer = ZIPWriter()
        #expect(throws: ZIPContentEnded.self) {
            try writer.write(ZIPEntry(name: "a", size: size, modified: 0), read: { _, _ in }, to: { _ in })
        }
    }

    @Test func `only a content that does not fit into the buffer has its checksum behind it`() {
        let flags = { (size: Int64) in ZIPEntry(name: "a", size: size, modified: 0).header(1)[6] & 8 }
        #expect([0, 1, 262_144].allSatisfy { flags($0) == 0 })
        #expect(flags(262_145) == 8)
    }

    @Test(arguments: [
        (0, (1980, 1, 1, 0, 0, 0)), (1_700_000_001, (2023, 11, 14, 22, 13, 20)),
        (Int64.max, (2107, 12, 31, 23, 59, 58)),
    ])
    func `the time of MS-DOS is in UTC and within its range`(time: Int64, expected: (Int, Int, Int, Int, Int, Int)) {
        let header = ZIPEntry(name: "a", size: 0, modified: time).header(0)
        let clock = header[10..<14].reversed().reduce(0) { $0 << 8 | Int($1) }
        let parts = [clock >> 25 + 1980, clock >> 21 & 15, clock >> 16 & 31, clock >> 11 & 31, clock >> 5 & 63]
        let (year, month, day, hour, minute, second) = expected
        #expect(parts.dropFirst() == [month, day, hour, minute])
        #expect((clock >> 25) + 1980 == year && (clock & 31) * 2 == second)
    }

    @Test func `a folder has the attributes of one`() {
        let record = ZIPEntry(name: "a/", size: 0, modified: 0).record(0, at: 0)
        let attributes = record[38..<42].reversed().reduce(0 as UInt32) { $0 << 8 | UInt32($1) }
        #expect(attributes == 0o040_755 << 16 | 0x10)
    }
}

extension [UInt8] {
    fileprivate mutating func append(contentsOf bytes: Span<UInt8>) {
        for index in bytes.indices { append(bytes[index]) }
    }
}
