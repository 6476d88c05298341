// The error of this module. It never contains the value of a parameter.

public import POSIX

/// An error between Coffer and the web server.
public enum GatewayError: Error, Equatable, Sendable {
    /// The named parameter is not UTF-8, or CONTENT_LENGTH is not a number.
    case malformedParameter(String)

    /// The body ended early, because the client disconnected or the connection broke.
    ///
    /// - Parameters:
    ///   - received: the number of bytes that arrived.
    ///   - announced: CONTENT_LENGTH, or nil if there was none.
    case truncatedBody(received: Int, announced: Int?)

    /// The client disconnected before the end of the response.
    case clientGone

    /// A socket or signal call failed, so the worker cannot continue.
    case system(SystemError)

    /// The listener is TCP, and no web servers are named; or its addresses are not of IPv4, and libfcgi cannot tell the
    /// web servers from others.
    case openToAll

    /// libfcgi failed with this error number.
    case library(Int32)
}
