// One request and its response as a CGI-like gateway sees them: the parameters the web server sent, the bytes of the
// body, and the bytes of the answer. FastCGI and plain CGI each fill this in.

/// A request being answered. Valid until the handler it was given to returns, and only on the thread it was given on.
public protocol Exchange: AnyObject {
    /// The value of a request meta-variable (RFC 3875 §4.1) or of any other parameter the web server sets.
    ///
    /// - Returns: nil when the web server did not send it. An empty value is not nil.
    /// - Throws: `.malformedParameter(name)` when the value is not UTF-8.
    func parameter(_ name: StaticString) throws(GatewayError) -> String?

    /// All values of a variable, in order: some web servers (nginx before 1.23) send one for each field of a header that
    /// came several times, where others join them with commas.
    ///
    /// - Throws: as `parameter`, which gives the first.
    func parameters(_ name: StaticString) throws(GatewayError) -> [String]

    /// Whether a body without CONTENT_LENGTH cannot be told from no body. True for plain CGI (RFC 3875 §4.2); FastCGI
    /// marks the end of the body, so a chunked upload needs no length there.
    var requiresLength: Bool { get }

    /// Appends the next bytes of the body, blocking until there are some; adds nothing at the end of the body.
    ///
    /// Never more bytes in all than CONTENT_LENGTH announced.
    /// - Parameter buffer: must have free capacity; a call may fill less of it.
    /// - Throws: `.truncatedBody` when the body ended early or its stream broke, however often it is asked again;
    ///   `.malformedParameter("CONTENT_LENGTH")` when no length could be understood.
    func read(into buffer: inout OutputSpan<UInt8>) throws(GatewayError)

    /// Sends bytes of a CGI response (RFC 3875 §6): first the head, then the body. Buffered by the transport and
    /// complete when the handler has returned.
    ///
    /// - Throws: `.clientGone` when nobody is there to read them, or reads none for too long.
    func write(_ bytes: Span<UInt8>) throws(GatewayError)
}

extension Exchange {
    public func parameters(_ name: StaticString) throws(GatewayError) -> [String] {
        try parameter(name).map { [$0] } ?? []
    }
}
