// The interrupt key. Commands check for it between two steps, so that every step is completed.

internal import POSIX

/// Whether the command should end. From the first instance on, SIGINT and SIGTERM no longer end the process directly.
public struct Interruption: Sendable {
    private static let signals: Set<Signal> = [.interrupt, .terminate]

    public init() { try? Signals.block(Self.signals) }

    public var isRequested: Bool { Signals.isPending(anyOf: Self.signals) }
}
