// Limits of the options that several commands have.

internal import ArgumentParser

extension ParsableArguments {
    func validate(rate: Int64?) throws {
        if let rate, rate < 1 { throw ValidationError("--rate must be at least 1.") }
    }

    /// - Parameter option: its name.
    func validate(threads: Int, _ option: String) throws {
        guard (1...64).contains(threads) else { throw ValidationError("\(option) must be from 1 to 64.") }
    }
}
