// Other processes: starting, signalling and burying them; and this one.

internal import Glibc

/// A process by its number, and what can be done to it.
public struct Process: Hashable, Sendable {
    public let id: Int32

    public init(id: Int32) { self.id = id }

    /// The corresponding C function is `getpid`.
    public static var current: Process { Process(id: getpid()) }

    /// The process that started this one, or whoever inherited it. The corresponding C function is `getppid`.
    public static var parent: Process { Process(id: getppid()) }

    /// Whether this process has the rights of root. The corresponding C function is `geteuid`.
    public static var isRoot: Bool { geteuid() == 0 }

    /// The path of the program that this process runs, nil when the kernel does not tell.
    ///
    /// The corresponding C function is `readlink` on `/proc/self/exe`.
    public static var executablePath: String? {
        unsafe withUnsafeTemporaryAllocation(of: UInt8.self, capacity: Int(PATH_MAX)) { buffer in
            guard let memory = buffer.baseAddress else { return nil }
            let count = unsafe readlink("/proc/self/exe", memory, buffer.count)
            return count > 0 ? unsafe String(validating: buffer.prefix(count), as: UTF8.self) : nil
        }
    }

    /// Whether the file at `path` is a program that this process may run. The corresponding C function is `access`.
    public static func canExecute(_ path: String) -> Bool {
        unsafe access(path, X_OK) == 0
    }

    /// How a process came to its end.
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

    /// Sends a signal; a process that has ended and was not yet asked about takes it without effect.
    ///
    /// The corresponding C function is `kill`. Throws ESRCH when there is no such process.
    public func send(_ signal: Signal) throws(SystemError) {
        try Faults.call(.kill) { Glibc.kill(id, signal.rawValue) }
    }

    /// Asks whether this child has ended, without waiting; after an answer its number may be used anew.
    ///
    /// The corresponding C function is `waitpid` with `WNOHANG`. Throws ECHILD for what is no child of ours.
    public func ending() throws(SystemError) -> Ending? {
        try status(WNOHANG)
    }

    /// Waits until this child ends. The corresponding C function is `waitpid`.
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
