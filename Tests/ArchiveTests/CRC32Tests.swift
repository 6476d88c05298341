import TestSupport
import Testing

@testable import Archive

struct CRC32Tests {
    private func checksum(_ pieces: [UInt8]...) -> UInt32 {
        var checksum = CRC32()
        for piece in pieces { checksum.update(piece.span) }
        return checksum.value
    }

    /// The definition, bit by bit.
    private func slow(_ bytes: [UInt8]) -> UInt32 {
        ~bytes.reduce(UInt32.max) { state, byte in
            (0..<8).reduce(state ^ UInt32(byte)) { state, _ in state >> 1 ^ (state & 1 == 1 ? 0xEDB8_8320 : 0) }
        }
    }

    @Test func `known texts have their known checksums`() {
        #expect(checksum() == 0)
        #expect(checksum(Array("123456789".utf8)) == 0xCBF4_3926)
        #expect(checksum(Array("The quick brown fox jumps over the lazy dog".utf8)) == 0x414F_A339)
        #expect(checksum([UInt8](repeating: 0, count: 32)) == 0x190A_55AD)
    }

    @Test func `random bytes in random pieces have the checksum of the definition`() {
        var generator = RepeatableGenerator(seed: 1)
        for _ in 0..<200 {
            let bytes = generator.bytes(length: 200)
            let cut = Int.random(in: 0...bytes.count, using: &generator)
            #expect(checksum(Array(bytes[..<cut]), Array(bytes[cut...])) == slow(bytes))
        }
    }
}
