// Content-Disposition (RFC 6266), with the plain form of the name for old clients and the extended form (RFC 8187) for
// all others.

internal import Text

public enum ContentDisposition {
    /// The value of the field for a download. It is `inline` if that was requested and the type is safe to show.
    public static func field(path: String, mediaType: String, inline: Bool) -> String {
        let name = String(FilePath.name(of: path))
        let kind = inline && MediaType.isSafeInline(mediaType) ? "inline" : "attachment"
        // `%` is replaced, too, because some clients decode it in the plain form (RFC 6266, appendix D).
        var plain = ""
        for scalar in name.unicodeScalars {
            plain.unicodeScalars.append(scalar.isASCII && scalar != "\"" && scalar != "%" ? scalar : "_")
        }
        let extended = PercentCoding.encode(name, allowed: "!#$&+-.^_`|~")
        return "\(kind); filename=\"\(plain)\"; filename*=UTF-8''\(extended)"
    }
}
