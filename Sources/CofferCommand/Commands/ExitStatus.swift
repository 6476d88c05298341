// The exit status of commands that skip unavailable stores.

internal import ArgumentParser

extension UnavailableStores {
    /// Exits with failure if a store was unavailable. The reason has been printed already.
    func conclude() throws {
        if !isEmpty { throw ExitCode.failure }
    }
}
