// The one error of this module; it never holds keys or messages.

internal import COpenSSL

/// A call to OpenSSL that failed: for lack of memory or entropy, or because the provider lacks the algorithm.
public struct CryptographyError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The C function that failed.
    public let function: String
    /// OpenSSL's reason.
    public let reason: String

    /// Takes the oldest entry from OpenSSL's error queue, and empties it: `ERR_get_error`.
    init(_ function: String) {
        self.function = function
        let code = ERR_get_error()
        ERR_clear_error()
        reason = unsafe ERR_reason_error_string(code).map { unsafe String(cString: $0) } ?? "unknown reason"
    }

    public var description: String { "\(function): \(reason)" }
}
