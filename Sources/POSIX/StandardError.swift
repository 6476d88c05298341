// Standard error, where lines for people and logs go.

public enum StandardError {
    /// Writes one line. A line that cannot be written is lost, as there is no other place to report that.
    public static func write(line: String) { write(line.oneLine + "\n") }

    /// Writes text as it is, such as a prompt.
    public static func write(_ text: String) {
        let descriptor = FileDescriptor(owning: 2)
        try? descriptor.write(all: text.utf8.span)
        // The descriptor is the process's, not ours to close.
        _ = descriptor.release()
    }
}

extension String {
    /// The text without control characters, so that it stays one line and cannot steer a terminal.
    public var oneLine: String {
        String(String.UnicodeScalarView(unicodeScalars.map { $0.properties.generalCategory == .control ? " " : $0 }))
    }
}
