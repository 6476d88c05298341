// Media types: names, which types are safe to show inline, and content negotiation.

internal import Text

public enum MediaType {
    public static let json = "application/json"
    public static let singular = "application/vnd.pgrst.object+json"
    public static let csv = "text/csv"
    /// PostgREST's types for JSON without null members.
    public static let strippedSingular = singular + stripped
    public static let strippedArray = "application/vnd.pgrst.array+json" + stripped
    fileprivate static let stripped = ";nulls=stripped"
    static let octets = "application/octet-stream"
    public static let zip = "application/zip"
    public static let openAPI = "application/openapi+json"

    /// Whether the type is `multipart/…`, whose body has several parts with headers and boundaries (RFC 2046 §5.1).
    ///
    /// An invalid type counts, too, if it begins with `multipart` apart from white space and quotes, because its body
    /// is probably of that form.
    public static func isMultipart(_ type: String) -> Bool {
        let essence = essence(type)
        if isTypeAndSubtype(essence) { return essence.hasPrefix("multipart/") }
        return essence.filter { !$0.isWhitespace && !"\"'".contains($0) }.hasPrefix("multipart")
    }

    /// Whether the type is safe to show inline: it cannot run scripts in our origin, and browsers show it rather than
    /// save it. This is a list of allowed types, because browsers accept many names for SVG and XML.
    static func isSafeInline(_ type: String) -> Bool {
        isPlayed(type) || shown.contains(essence(type))
    }

    /// Whether browsers play the type, for which they send requests of their own.
    public static func isPlayed(_ type: String) -> Bool { played.contains(essence(type)) }

    // Without audio/wav, which Firefox saves.
    private static let played: Set = [
        "audio/aac", "audio/flac", "audio/mp4", "audio/mpeg", "audio/ogg", "audio/webm", "audio/x-m4a", "video/mp4",
        "video/webm",
    ]
    private static let shown: Set = [
        "application/pdf", "image/avif", "image/bmp", "image/gif", "image/jpeg", "image/png",
        "image/vnd.microsoft.icon",
        "image/webp", "image/x-icon", "text/plain",
    ]

    /// The type and subtype in lower case, without parameters.
    public static func essence(_ type: String) -> String {
        Substring(type.utf8.prefix { $0 != UInt8(ascii: ";") }).trimmed.lowercased()
    }

    /// Whether the text is `type/subtype`, both of token characters (RFC 9110 §8.3.1).
    static func isTypeAndSubtype(_ essence: String) -> Bool {
        let halves = essence.split(separator: "/", omittingEmptySubsequences: false)
        let isToken = { (byte: UInt8) in
            byte.isASCIILetter || byte.isASCIIDigit || "!#$%&'*+-.^_`|~".utf8.contains(byte)
        }
        return halves.count == 2 && halves.allSatisfy { !$0.isEmpty && $0.utf8.allSatisfy(isToken) }
    }

    /// The offer that an `Accept` field prefers (RFC 9110 §12.5.1): the one of the highest quality, and among equals
    /// the one that the field names first. Without a field it is the first offer.
    ///
    /// - Returns: nil if the field accepts no offer.
    public static func negotiate(_ accept: String?, offers: [String]) -> String? {
        guard let accept, !accept.trimmed.isEmpty else { return offers.first }
        let ranges = accept.split(separator: ",").map(AcceptedRange.init)
        let choices = offers.compactMap { offer in
            ranges.enumerated().filter { $0.element.matches(offer) }.max {
                $0.element.specificity < $1.element.specificity
            }
            .map { (offer: offer, quality: $0.element.quality, position: $0.offset) }
        }
        return choices.filter { $0.quality > 0 }
            .min { ($1.quality, $0.position) < ($0.quality, $1.position) }?.offer
    }
}

/// One element of an `Accept` field.
private struct AcceptedRange {
    private let range: String
    /// Whether null members are unwanted, if there is such an offer.
    private let isStripped: Bool
    /// From 0, not acceptable, to 1, the default (RFC 9110 §12.4.2).
    let quality: Double

    init(_ element: Substring) {
        let parts = element.split(separator: ";").map { $0.trimmed.lowercased() }
        // PostgREST accepts its own types without the suffix, too.
        let range = parts.first ?? ""
        self.range =
            ["application/vnd.pgrst.object", "application/vnd.pgrst.array"].contains(range) ? range + "+json" : range
        isStripped = parts.contains("nulls=stripped")
        quality = parts.dropFirst().first { $0.hasPrefix("q=") }.flatMap { Double($0.dropFirst(2)) } ?? 1
    }

    /// The most specific range that matches an offer decides: the type itself, then `type/*`, then `*/*` (RFC 9110
    /// §12.5.1).
    var specificity: Int { range == "*/*" ? 0 : range.hasSuffix("/*") ? 1 : 2 }

    func matches(_ offer: String) -> Bool {
        range == "*/*" || range == offer || (isStripped && range + MediaType.stripped == offer)
            || (range.hasSuffix("/*") && offer.hasPrefix(range.dropLast(1)))
    }
}
