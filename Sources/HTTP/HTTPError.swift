// The error of this module. It never contains an address, a header field or contents.

internal import CCurl

/// A transfer that failed before its response was complete.
public struct HTTPError: Error, Equatable, Sendable, CustomStringConvertible {
    public enum Kind: Sendable {
        /// The connection could not be established or broke. Another attempt may succeed.
        case connection
        /// No byte was sent or received within the time limit.
        case timeout
        /// The server's certificate is not trusted, or the file of trusted certificates cannot be read.
        case certificate
        /// The source of the request body failed.
        case body
        /// The response is not HTTP or exceeds a limit.
        case answer
        /// libcurl cannot be loaded or has no memory.
        case library
    }

    public let kind: Kind
    /// libcurl's error number (CURLcode), or 0 if the error is not libcurl's.
    public let code: Int32
    public let message: String

    init(_ kind: Kind, _ message: String) {
        (self.kind, self.message, code) = (kind, message, 0)
    }

    /// - Parameter code: a CURLcode other than CURLE_OK.
    init(code: Int32) {
        self.code = code
        message = unsafe String(cString: coffer_easy_strerror(code))
        kind =
            switch CURLcode(UInt32(code)) {
            case CURLE_OPERATION_TIMEDOUT: .timeout
            case CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CACERT_BADFILE, CURLE_SSL_ISSUER_ERROR: .certificate
            case CURLE_ABORTED_BY_CALLBACK: .body
            case CURLE_WEIRD_SERVER_REPLY, CURLE_UNSUPPORTED_PROTOCOL, CURLE_WRITE_ERROR: .answer
            case CURLE_OUT_OF_MEMORY, CURLE_FAILED_INIT, CURLE_NOT_BUILT_IN: .library
            default: .connection
            }
    }

    public var description: String { message }
}
