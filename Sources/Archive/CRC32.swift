// The checksum of ZIP (APPNOTE.TXT §4.4.7). zlib has it, too, and would save a third of its time, but it would be one
// more library that every worker loads.

/// The CRC-32 of bytes that arrive in pieces: the polynomial of ISO 3309, as in zlib and Ethernet.
struct CRC32 {
    private var state: UInt32 = .max

    var value: UInt32 { ~state }

    mutating func update(_ bytes: Span<UInt8>) {
        let tables = Self.tables.span
        var state = state
        var index = 0
        while index + Self.step <= bytes.count {
            // The state is added to the first four bytes.
            let head = state ^ word(bytes, index)
            state =
                tables[15 * 256 + Int(head & 0xFF)] ^ tables[14 * 256 + Int(head >> 8 & 0xFF)]
                ^ tables[13 * 256 + Int(head >> 16 & 0xFF)] ^ tables[12 * 256 + Int(head >> 24)]
            for place in 4..<Self.step { state ^= tables[(15 - place) * 256 + Int(bytes[index + place])] }
            index += Self.step
        }
        while index < bytes.count {
            state = tables[Int((state ^ UInt32(bytes[index])) & 0xFF)] ^ state >> 8
            index += 1
        }
        self.state = state
    }

    private func word(_ bytes: Span<UInt8>, _ index: Int) -> UInt32 {
        UInt32(bytes[index]) | UInt32(bytes[index + 1]) << 8 | UInt32(bytes[index + 2]) << 16
            | UInt32(bytes[index + 3]) << 24
    }

    /// How many bytes are looked up at a time. One by one would take four times as long.
    private static let step = 16

    /// A table for each number of bytes that follow a byte: the effect of that byte's 256 values on the state.
    private static let tables: [UInt32] = {
        var tables = (0..<256).map { byte in
            (0..<8).reduce(UInt32(byte)) { state, _ in state >> 1 ^ (state & 1 == 1 ? 0xEDB8_8320 : 0) }
        }
        for index in 0..<(step - 1) * 256 {
            let before = tables[index]
            tables.append(before >> 8 ^ tables[Int(before & 0xFF)])
        }
        return tables
    }()
}
