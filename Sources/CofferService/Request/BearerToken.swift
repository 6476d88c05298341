// The token in a request's Authorization fields.

internal import CofferCore
internal import Text

enum BearerToken {
    /// The token of `Bearer <token>` (RFC 6750 §2.1), whose scheme is not case-sensitive. nil if there are only other
    /// schemes: their credentials are for a server in front of us, such as a web server with passwords of its own.
    ///
    /// - Parameter fields: all `Authorization` fields of a request.
    static func find(in fields: [String]) throws(Failure) -> String? {
        var found: String?
        for field in fields {
            for token in credentials(field).compactMap(token(of:)) {
                guard found == nil || found == token else {
                    throw Failure(
                        .malformedRequest, "The header Authorization was sent more than once, with different tokens")
                }
                found = token
            }
        }
        return found
    }

    private static func token(of credentials: Substring) -> String? {
        let isBlank = { (byte: UInt8) in byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }
        let words = credentials.utf8.drop(while: isBlank)
        let scheme = words.prefix { !isBlank($0) }
        guard Substring(scheme).lowercased() == "bearer" else { return nil }
        return String(Substring(words.dropFirst(scheme.count).drop(while: isBlank)))
    }

    /// The credentials in a field, into which a web server may have joined several fields. Credentials that contain
    /// commas themselves, such as those of Digest, are split as well, but no part of them looks like a token of ours,
    /// as quoted strings are removed.
    private static func credentials(_ field: String) -> [Substring] {
        let isAlone = field.allBytes { $0 != UInt8(ascii: ",") && $0 != UInt8(ascii: "\"") }
        if isAlone { return [field[...]] }
        let quoted = field.split(separator: "\"", omittingEmptySubsequences: false).enumerated()
        let outside = quoted.map { $0.offset.isMultiple(of: 2) ? String($0.element) : "" }.joined(separator: "\"")
        return outside.separated(by: ", ")
    }
}
