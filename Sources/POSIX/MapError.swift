// Maps the errors of lower modules to those of a higher one.

/// An error type to which any error can be mapped.
public protocol MappedError: Error {
    /// Maps `error`. An error of this type stays as it is.
    init(mapping error: any Error)
}

/// Runs `body`, and maps its errors to `Target`.
///
/// The closure has untyped throws, since the compiler (Swift 6.3.1) crashes on a typed one within a do statement that
/// catches by type.
@inlinable
public func mapError<Target: MappedError, Value: ~Copyable>(to _: Target.Type, _ body: () throws -> Value)
    throws(Target) -> Value
{
    do { return try body() } catch { throw Target(mapping: error) }
}
