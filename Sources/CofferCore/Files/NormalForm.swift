// Unicode's normal form C (UAX #15). Names of files and accounts are stored and compared in this form, because most
// systems send the composed form of a name and macOS sends the decomposed one. The standard library offers it only by
// an SPI. Foundation has a public call, but would double the start-up time of a worker.

@_spi(_Unicode) internal import Swift
internal import Text

extension String {
    /// The text in NFC.
    var normalized: String {
        // Most names are ASCII, which is in NFC already.
        if allBytes({ $0 < 0x80 }) { return self }
        var result = ""
        result.unicodeScalars.append(contentsOf: _nfc)
        return result
    }
}
