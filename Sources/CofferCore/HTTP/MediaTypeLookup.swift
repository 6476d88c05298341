// A binary search in the text of the table, so that a worker builds no dictionary when it starts.

extension MediaTypeTable {
    /// The type of an extension in lower case; nil if the table has no such extension.
    static func type(of name: String) -> String? {
        let lines = lines
        let bytes = lines.utf8.span
        let name = Array(name.utf8)
        var rest = 0..<bytes.count
        while !rest.isEmpty {
            let line = Self.line(around: (rest.lowerBound + rest.upperBound) / 2, in: bytes)
            var space = line.lowerBound
            while bytes[space] != UInt8(ascii: " ") { space += 1 }
            let key = (line.lowerBound..<space).map { bytes[$0] }
            if key == name {
                return String(decoding: (space + 1..<line.upperBound).map { bytes[$0] }, as: UTF8.self)
            }
            if key.lexicographicallyPrecedes(name) {
                rest = min(line.upperBound + 1, rest.upperBound)..<rest.upperBound
            } else {
                rest = rest.lowerBound..<line.lowerBound
            }
        }
        return nil
    }

    /// The line around a position, without its newline.
    private static func line(around place: Int, in bytes: Span<UInt8>) -> Range<Int> {
        let end = UInt8(ascii: "\n")
        var start = place
        while start > 0, bytes[start - 1] != end { start -= 1 }
        var stop = place
        while stop < bytes.count, bytes[stop] != end { stop += 1 }
        return start..<stop
    }
}
