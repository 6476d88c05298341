// The server quotes values in its primary messages: `invalid input syntax for type uuid: "…"`. They are struck out
// here, where every message passes, so that nothing above has to think of it.

/// Strikes bound values out of a server's primary message.
///
/// Messages of SQLSTATE class 22 (data exception) quote what they were given, changed or shortened at times: all from
/// the first to the last quotation mark goes. In other messages, which quote names, only a bound text goes.
///
/// - Parameter texts: the text parameters of the failed query.
func redact(_ message: String, sqlState: String, texts: some Sequence<String>) -> String {
    if sqlState.hasPrefix("22") {
        guard let first = message.firstIndex(of: "\""), let last = message.lastIndex(of: "\"") else { return message }
        return message[...first] + "…" + message[last...]
    }
    return texts.reduce(message) { $0.replacing("\"\($1)\"", with: "\"…\"") }
}
