// Passwords come from a person at a terminal or from a pipe, never from arguments, which every user can see.

internal import CofferProcess
internal import System

/// Where a password is typed or piped in.
protocol PasswordSource {
    var isTerminal: Bool { get }
    /// A line that is not shown, after a prompt; nil when the person gives up.
    func ask(_ prompt: String) throws(SystemError) -> String?
    /// A line of standard input; nil at its end.
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

/// A new password: asked for twice at a terminal, else one line of standard input.
func readNewPassword(from source: some PasswordSource = StandardInput()) throws(Failure) -> String {
    do {
        guard source.isTerminal else {
            guard let line = try source.readLine() else { throw Failure("Standard input holds no password.") }
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
