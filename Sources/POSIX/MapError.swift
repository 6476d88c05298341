// The one way in which errors of a module below become those of the module above.

/// An error type that speaks for all errors below it.
public protocol MappedError: Error {
    /// What `error` means here. One that is of this type already stays as it is.
    init(mapping error: any Error)
}

/// Runs `body`; what it throws becomes a `Target`.
///
/// The closure is untyped, as Swift 6.3.1 crashes on typed ones within a do statement that catches by type.
@inlinable
public func mapError<Target: MappedError, Value: ~Copyable>(to _: Target.Type, _ body: () throws -> Value)
    throws(Target) -> Value
{
    do { return try body() } catch { throw Target(mapping: error) }
}
