// The one error of this module. It never holds an address, a header or contents.

internal import CCurl

/// A transfer that has failed before there was a whole answer.
public struct HTTPError: Error, Equatable, Sendable, CustomStringConvertible {
    public enum Kind: Sendable {
        /// No connection, or one that broke; another attempt may succeed.
        case connection
        /// Nothing moved for too long.
        case timeout
        /// The server's certificate is not one to trust, or the file of those that are cannot be read.
        case certificate
        /// The source of the request's body failed.
        case body
        /// The answer is not HTTP, or larger than allowed.
        case answer
        /// libcurl cannot be loaded or has no memory.
        case library
    }

    public let kind: Kind
    /// libcurl's number (CURLcode), 0 where it is not the one that failed.
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
