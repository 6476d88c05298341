// One request and its response, independent of the protocol: the parameters from the web server, the body and the
// response. FastCGI and plain CGI implement it.

/// A request and its response. Valid until the handler returns, and only on the handler's thread.
public protocol Exchange: AnyObject {
    /// The value of a request meta-variable (RFC 3875 §4.1) or of another parameter that the web server sets.
    ///
    /// - Returns: nil if the web server did not send it. An empty value is not nil.
    /// - Throws: `.malformedParameter(name)` if the value is not UTF-8.
    func parameter(_ name: StaticString) throws(GatewayError) -> String?

    /// All values of a parameter, in order. For a repeated header field, some web servers (nginx before 1.23) send a
    /// parameter for each field. Others join the values with commas.
    ///
    /// - Throws: as `parameter`, which returns the first value.
    func parameters(_ name: StaticString) throws(GatewayError) -> [String]

    /// Whether a body needs a CONTENT_LENGTH. True for plain CGI (RFC 3875 §4.2). FastCGI marks the end of the body, so
    /// a chunked upload needs no length.
    var requiresLength: Bool { get }

    /// Appends the next bytes of the body, or nothing at its end. Blocks until bytes arrive.
    ///
    /// Never reads more than CONTENT_LENGTH bytes in total.
    /// - Parameter buffer: must have free capacity. A call may fill only some of it.
    /// - Throws: `.truncatedBody` if the body ended early or the connection broke, also when called again;
    ///   `.malformedParameter("CONTENT_LENGTH")` if the length is invalid.
    func read(into buffer: inout OutputSpan<UInt8>) throws(GatewayError)

    /// Appends the bytes of the body that have arrived, at most as many as fit. Waits for the first one for at most
    /// `limit`. At the end of the body it appends nothing.
    ///
    /// - Returns: false if no byte arrived in that time.
    /// - Throws: as `read`. All bytes that arrived before have been appended by earlier calls.
    func readArrived(into buffer: inout OutputSpan<UInt8>, limit: Duration) throws(GatewayError) -> Bool

    /// Sends bytes of a CGI response (RFC 3875 §6): first the head, then the body. The transport buffers them, and
    /// sends the rest after the handler has returned.
    ///
    /// - Throws: `.clientGone` if the connection is closed.
    func write(_ bytes: Span<UInt8>) throws(GatewayError)
}

extension Exchange {
    public func readArrived(into buffer: inout OutputSpan<UInt8>, limit: Duration) throws(GatewayError) -> Bool {
        try read(into: &buffer)
        return true
    }

    public func parameters(_ name: StaticString) throws(GatewayError) -> [String] {
        try parameter(name).map { [$0] } ?? []
    }
}
