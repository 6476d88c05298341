// ASCII characters and blanks, for the parsers of header fields, queries and tokens.

extension UInt8 {
    @inlinable public var isASCIIDigit: Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(self) }

    @inlinable public var isASCIILetter: Bool { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(self | 0x20) }
}

extension BidirectionalCollection {
    /// Without the elements at both ends for which `isBlank` is true.
    @inlinable public func trimming(_ isBlank: (Element) -> Bool) -> SubSequence {
        guard let first = firstIndex(where: { !isBlank($0) }), let last = lastIndex(where: { !isBlank($0) })
        else { return self[endIndex...] }
        return self[first...last]
    }
}

extension StringProtocol {
    /// Without the spaces and tabs around it (OWS, RFC 9110 §5.6.3).
    public var trimmed: SubSequence { trimming { $0 == " " || $0 == "\t" } }
}
