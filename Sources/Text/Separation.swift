// Splits a text at another one. The standard library's methods for this belong to its regular expressions, which would
// make the worker 1.4 MB larger (Package.swift).

extension String {
    /// The parts before, between and after the occurrences of a separator. Parts may be empty.
    ///
    /// - Parameter separator: if it is empty, the whole text is the only part.
    public func separated(by separator: String) -> [Substring] {
        guard !separator.isEmpty else { return [self[...]] }
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
