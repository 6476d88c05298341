extension String {
    /// A copy of these bytes. nil if they are not valid UTF-8.
    ///
    /// The standard library's `init(validating:as:)` takes ten times as long for a short text.
    public init?(utf8 bytes: Span<UInt8>) {
        guard let text = try? UTF8Span(validating: bytes) else { return nil }
        self.init(copying: text)
    }
}
