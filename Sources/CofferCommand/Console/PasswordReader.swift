// Passwords are read from a terminal or a pipe. They are never arguments, since all users of the system can see those.

internal import POSIX

/// The input from which a password is read.
protocol PasswordSource {
    var isTerminal: Bool { get }
    /// Prompts for a line and does not show it. Returns nil if the user cancels.
    func ask(_ prompt: String) throws(SystemError) -> String?
    /// Reads a line of standard input. Returns nil at its end.
    func readLine() throws(SystemError) -> String?
}

struct StandardInput: PasswordSource {
    var isTerminal: Bool { Terminal.isTerminal(0) }

    func ask(_ prompt: String) throws(SystemError) -> String? {
        StandardError.write(prompt)
        defer { StandardError.write("\n") }
        return try Terminal.readHiddenLine()
    }

    func readLine() throws(SystemError) -> String? { try Terminal.readLine() }
}

/// Reads a new password: twice from a terminal, otherwise one line of standard input.
func readNewPassword(from source: some PasswordSource = StandardInput()) throws(Failure) -> String {
    do {
        guard source.isTerminal else {
            guard let line = try source.readLine() else { throw Failure("Standard input contains no password.") }
            return line.last == "\r" ? String(line.dropLast()) : line
        }
        guard let first = try source.ask("Password: "), let second = try source.ask("Again: ") else {
            throw Failure("No password was given.")
        }
        if first != second { throw Failure("The two passwords differ.") }
        return first
    } catch let error as SystemError {
        throw Failure("The password cannot be read: \(error)")
    } catch {
        throw error as? Failure ?? Failure("The password cannot be read.")
    }
}
