// This process, and sending signals to and waiting for others.

internal import Glibc

/// A process, by its number.
public struct Process: Hashable, Sendable {
    public let id: Int32

    public init(id: Int32) { self.id = id }

    /// The corresponding C function is `getpid`.
    public static var current: Process { Process(id: getpid()) }

    /// The process that started this one, or its new parent after that has ended. The corresponding C function is
    /// `getppid`.
    public static var parent: Process { Process(id: getppid()) }

    /// Whether this process runs as root. The corresponding C function is `geteuid`.
    public static var isRoot: Bool { geteuid() == 0 }

    /// The path of the program that this process runs, or nil if `/proc` is not available.
    public static var executablePath: String? { target(ofLink: "/proc/self/exe") }

    /// The path of the program that this process runs. It ends with ` (deleted)` if the file was removed or replaced.
    /// nil if the process is gone or of another user.
    ///
    /// The corresponding C function is `readlink` on `/proc/PID/exe`.
    public var executablePath: String? { Self.target(ofLink: "/proc/\(id)/exe") }

    private static func target(ofLink path: String) -> String? {
        unsafe withUnsafeTemporaryAllocation(of: UInt8.self, capacity: Int(PATH_MAX)) { buffer in
            guard let memory = buffer.baseAddress else { return nil }
            let count = unsafe readlink(path, memory, buffer.count)
            return count > 0 ? unsafe String(validating: buffer.prefix(count), as: UTF8.self) : nil
        }
    }

    /// The numbers of the children of this process's first thread. Empty if the process is gone or of another user.
    ///
    /// Read from `/proc/PID/task/PID/children` (proc(5)).
    public var children: [Int32] {
        guard let text = try? FileSystem.text(of: "/proc/\(id)/task/\(id)/children") else { return [] }
        return text.split(separator: " ").compactMap { Int32($0) }
    }

    /// The name of the program, at most 15 bytes of it. nil if the process is gone.
    ///
    /// Read from `/proc/PID/comm` (proc(5)).
    public var name: String? {
        guard let text = try? FileSystem.text(of: "/proc/\(id)/comm") else { return nil }
        return String(text.prefix { $0 != "\n" })
    }

    /// How many bytes the process has read from files, of all it has ever read. nil if the process is gone or of
    /// another user.
    ///
    /// The value `rchar` of `/proc/PID/io` (proc(5)).
    public var bytesRead: Int64? {
        guard let text = try? FileSystem.text(of: "/proc/\(id)/io") else { return nil }
        let line = text.split(separator: "\n").first { $0.hasPrefix("rchar: ") }
        return line.flatMap { Int64($0.dropFirst(7)) }
    }

    /// Whether this process may execute the file at `path`. The corresponding C function is `access`.
    public static func canExecute(_ path: String) -> Bool {
        unsafe access(path, X_OK) == 0
    }

    /// How a process ended.
    public enum Ending: Equatable, Sendable, CustomStringConvertible {
        case exited(status: Int32)
        case killed(Signal)

        public var description: String {
            switch self {
            case .exited(let status): "exit status \(status)"
            case .killed(let signal): "signal \(signal.rawValue)"
            }
        }
    }

    /// Sends a signal. It has no effect on a child that has ended and was not reaped yet.
    ///
    /// The corresponding C function is `kill`. Fails with ESRCH if the process does not exist.
    public func send(_ signal: Signal) throws(SystemError) {
        try Faults.call(.kill) { Glibc.kill(id, signal.rawValue) }
    }

    /// Reaps this child if it has ended, without waiting. Returns nil if it is still running. After it has been reaped,
    /// the kernel may use its number for another process.
    ///
    /// The corresponding C function is `waitpid` with `WNOHANG`. Fails with ECHILD if this is not a child of this
    /// process.
    public func ending() throws(SystemError) -> Ending? {
        try status(WNOHANG)
    }

    /// Waits until this child ends, and reaps it. The corresponding C function is `waitpid`.
    public func wait() throws(SystemError) -> Ending {
        while true {
            if let ending = try status(0) { return ending }
        }
    }

    private func status(_ options: Int32) throws(SystemError) -> Ending? {
        var status: Int32 = 0
        let found = try Faults.call(.waitpid) { unsafe waitpid(id, &status, options) }
        if found == 0 { return nil }
        // The macros WIFEXITED, WEXITSTATUS and WTERMSIG, which Swift does not import.
        let signal = status & 0x7F
        return signal == 0 ? .exited(status: status >> 8 & 0xFF) : .killed(Signal(rawValue: signal))
    }
}
