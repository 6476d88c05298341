// Splits a text at another one. The standard library's methods for this belong to its regular expressions, which would
// make the worker 1.4 MB larger (Package.swift).

extension String {
    /// The parts before, between and after the occurrences of a separator. Parts may be empty.
    ///
    /// - Parameter separator: if it is empty, the whole text is the only part.
    public func separated(by separator: String) -> [Substring] {
        guard !separator.isEmpty else { return [self[...]] }
        // Only other characters have canonical equivalents. Comparing bytes is many times faster.
        guard separator.allBytes({ $0 < 0x80 }) else { return separated(byCharactersOf: separator) }
        let (text, separator) = (utf8.span, separator.utf8.span)
        let part = { (range: Range<Int>) in
            let start = utf8.index(utf8.startIndex, offsetBy: range.lowerBound)
            return self[start..<utf8.index(start, offsetBy: range.count)]
        }
        var parts: [Substring] = []
        var start = 0
        var position = 0
        while let found = text.firstIndex(of: separator[0], from: position) {
            if text.has(separator, at: found) {
                parts.append(part(start..<found))
                position = found + separator.count
                start = position
            } else {
                position = found + 1
            }
        }
        return parts + [part(start..<text.count)]
    }

    private func separated(byCharactersOf separator: String) -> [Substring] {
        var parts: [Substring] = []
        var rest = self[...]
        var position = startIndex
        while position < endIndex {
            if self[position...].starts(with: separator) {
                parts.append(rest[..<position])
                position = index(position, offsetBy: separator.count)
                rest = self[position...]
            } else {
                position = index(after: position)
            }
        }
        return parts + [rest]
    }
}

extension Span<UInt8> {
    fileprivate func has(_ other: Span<UInt8>, at position: Int) -> Bool {
        guard position + other.count <= count else { return false }
        for index in other.indices where self[position + index] != other[index] { return false }
        return true
    }
}
