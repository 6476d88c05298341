// The one error of the commands.

/// Why a command could not do its work, as one line for the operator.
struct Failure: Error, Equatable {
    let message: String

    init(_ message: String) { self.message = message }
}
