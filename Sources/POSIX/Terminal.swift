// Lines from standard input, with hidden input for passwords at a terminal.

internal import Glibc

public enum Terminal {
    /// Whether a descriptor is a terminal. The corresponding C function is `isatty`.
    public static func isTerminal(_ number: Int32) -> Bool { isatty(number) == 1 }

    /// The maximum length of a line in bytes. The rest of a longer line is not read.
    public static let maximumLineLength = 4096

    /// Reads one line of standard input, without the line end. Reads byte by byte, so that nothing after the line is
    /// consumed.
    ///
    /// - Returns: nil at the end of the input.
    public static func readLine() throws(SystemError) -> String? {
        try line()?.text
    }

    /// Reads one line from the terminal at standard input, without showing what is typed.
    ///
    /// - Returns: nil at the end of the input or after the interrupt key.
    ///
    /// The corresponding C functions are `tcgetattr`, `tcsetattr` and `read`.
    public static func readHiddenLine() throws(SystemError) -> String? {
        var shown = termios()
        try Faults.call(.tcsetattr) { unsafe tcgetattr(0, &shown) }
        var hidden = shown
        // A signal could end the process while the echo is off. So the interrupt key sends no signal here. It ends the
        // line instead, and is the line's last character.
        hidden.c_lflag &= ~tcflag_t(ECHO | ISIG)
        unsafe withUnsafeMutableBytes(of: &hidden.c_cc) { unsafe $0[Int(VEOL)] = interruptKey }
        try Faults.call(.tcsetattr) { unsafe tcsetattr(0, TCSAFLUSH, &hidden) }
        defer { _ = unsafe tcsetattr(0, TCSAFLUSH, &shown) }
        let line = try line()
        return line?.last == interruptKey ? nil : line?.text
    }

    private static let interruptKey: UInt8 = 3

    private static func line() throws(SystemError) -> [UInt8]? {
        var bytes: [UInt8] = []
        var byte: UInt8 = 0
        while bytes.count < maximumLineLength {
            let count = try Faults.call(.read) { unsafe read(0, &byte, 1) }
            if count == 0 { return bytes.isEmpty ? nil : bytes }
            if byte == UInt8(ascii: "\n") { return bytes }
            bytes.append(byte)
            if byte == interruptKey { return bytes }
        }
        return bytes
    }
}

extension [UInt8] {
    /// The line as text. Invalid UTF-8 becomes the replacement character.
    fileprivate var text: String { String(decoding: self, as: UTF8.self) }
}
