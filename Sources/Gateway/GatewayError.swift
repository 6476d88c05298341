public import System

/// What can go wrong between Coffer and the web server.
public enum GatewayError: Error, Equatable, Sendable {
    /// A parameter is not UTF-8, or CONTENT_LENGTH is not a number. Carries the parameter's name, never its value.
    case malformedParameter(String)

    /// The body ended before it was whole: the client went away, or the connection broke.
    ///
    /// - Parameters:
    ///   - received: bytes that did arrive.
    ///   - announced: CONTENT_LENGTH, nil when there was none.
    case truncatedBody(received: Int, announced: Int?)

    /// Nobody reads the response any more.
    case clientGone

    /// A socket or signal call failed: the worker cannot go on.
    case system(SystemError)

    /// The FastCGI library could not start; carries its error number.
    case library(Int32)
}
