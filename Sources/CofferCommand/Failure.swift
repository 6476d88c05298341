// The error of all commands.

/// The reason why a command failed, as one line for the operator.
struct Failure: Error, Equatable {
    let message: String

    init(_ message: String) { self.message = message }
}
