// Standard error, where lines for people and logs go.

/// How important a line is to the system's log. The raw value is that of syslog(3).
public enum LogPriority: Int, Sendable {
    case error = 3
    case warning = 4
    case info = 6
    case debug = 7
}

public enum StandardError {
    /// Writes one line. A line that cannot be written is lost, as there is no other place to report that.
    ///
    /// - Parameter priority: for systemd's journal, and written only if standard error goes there (sd-daemon(3)).
    public static func write(line: String, _ priority: LogPriority? = nil) {
        let prefix = if let priority, isJournal { "<\(priority.rawValue)>" } else { "" }
        write(prefix + line.oneLine + "\n")
    }

    /// Writes text as it is, such as a prompt.
    public static func write(_ text: String) {
        let descriptor = FileDescriptor(owning: 2)
        try? descriptor.write(all: text.utf8.span)
        // The descriptor is the process's, not ours to close.
        _ = descriptor.release()
    }

    /// Whether standard error is the stream to the journal that JOURNAL_STREAM names. A process inherits the variable
    /// also if its standard error was redirected, so the descriptor is compared with it (systemd.exec(5)).
    private static let isJournal = leadsToJournal(Environment.value("JOURNAL_STREAM"))

    /// - Parameter stream: the device and the inode of the journal's stream, as `device:inode`.
    private static func leadsToJournal(_ stream: String?) -> Bool {
        guard let stream else { return false }
        let descriptor = FileDescriptor(owning: 2)
        let status = try? descriptor.status()
        _ = descriptor.release()
        return status.map { "\($0.device):\($0.inode)" == stream } ?? false
    }
}

extension String {
    /// The text without control characters, so that it stays one line and cannot steer a terminal.
    public var oneLine: String {
        // Nearly every line is printable ASCII, and the properties of characters take long to find.
        if utf8.allSatisfy({ (0x20...0x7E).contains($0) }) { return self }
        return String(
            String.UnicodeScalarView(unicodeScalars.map { $0.properties.generalCategory == .control ? " " : $0 }))
    }
}
