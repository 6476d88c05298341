// The server quotes values in its primary messages: `invalid input syntax for type uuid: "…"`. They are removed here
// from every message, so that no caller can log them.

internal import Text

/// Removes bound values from a server's primary message.
///
/// Messages of SQLSTATE class 22 (data exception) quote values, sometimes changed or shortened. Everything from the
/// first to the last quotation mark is removed. Other messages quote names, and only bound texts are removed.
///
/// - Parameter texts: the text parameters of the failed query.
func redact(_ message: String, sqlState: String, texts: some Sequence<String>) -> String {
    if sqlState.hasPrefix("22") {
        guard let first = message.firstIndex(of: "\""), let last = message.lastIndex(of: "\"") else { return message }
        return message[...first] + "…" + message[last...]
    }
    return texts.reduce(message) { $0.separated(by: "\"\($1)\"").joined(separator: "\"…\"") }
}
