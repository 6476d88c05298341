// Where lines for people go.

internal import System

enum StandardError {
    /// Writes one line. A line that cannot be written is lost, for there is nobody left to tell.
    static func write(_ line: String) {
        let text = Array((line.oneLine + "\n").utf8)
        let descriptor = FileDescriptor(adopting: 2)
        try? descriptor.write(all: text.span)
        _ = descriptor.release()
    }

    /// Writes a prompt, without an end of line.
    static func prompt(_ text: String) {
        let descriptor = FileDescriptor(adopting: 2)
        try? descriptor.write(all: Array(text.utf8).span)
        _ = descriptor.release()
    }
}

extension String {
    /// Without control characters, so that it stays one line and cannot steer a terminal.
    var oneLine: String {
        String(String.UnicodeScalarView(unicodeScalars.map { $0.properties.generalCategory == .control ? " " : $0 }))
    }
}
