// Unicode's normal form C (UAX #15), in which names of files and accounts are kept and compared: the same name may
// arrive composed, as most systems write it, or decomposed, as macOS does. The standard library has the tables and keeps
// them behind an SPI; Foundation, which has a public call, would double a worker's start-up.

@_spi(_Unicode) internal import Swift

extension String {
    /// The text in NFC.
    var normalized: String {
        // ASCII is what most names are, and is NFC already.
        if utf8.allSatisfy({ $0 < 0x80 }) { return self }
        var result = ""
        result.unicodeScalars.append(contentsOf: _nfc)
        return result
    }
}
