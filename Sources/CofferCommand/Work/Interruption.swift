// The interrupt key, as a question to be asked between two steps: so that no step is left half done.

internal import System

/// Whether somebody wants the command to end. From the first use on the signals no longer end the process themselves.
struct Interruption: Sendable {
    private static let signals: Set<Signal> = [.interrupt, .terminate]

    init() { try? Signals.block(Self.signals) }

    var isAskedFor: Bool { Signals.isPending(anyOf: Self.signals) }
}
