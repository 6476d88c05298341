// The error of this module. It never contains keys or messages.

internal import COpenSSL

/// A failed OpenSSL call. Memory or entropy was not available, or the provider does not support the algorithm.
public struct CryptographyError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The C function that failed.
    public let function: String
    /// OpenSSL's description of the error.
    public let reason: String

    /// Takes the oldest entry from OpenSSL's error queue and clears the queue: `ERR_get_error`, `ERR_clear_error`.
    init(_ function: String) {
        self.function = function
        let code = ERR_get_error()
        ERR_clear_error()
        reason = unsafe ERR_reason_error_string(code).map { unsafe String(cString: $0) } ?? "unknown reason"
    }

    public var description: String { "\(function): \(reason)" }
}
