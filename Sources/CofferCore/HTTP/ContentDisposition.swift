// Content-Disposition (RFC 6266), with the plain form of the name for old clients and the extended form (RFC 8187) for
// all others.

internal import Text

public enum ContentDisposition {
    /// The value of the field for a download. It is `inline` if that was requested and the type is safe to show.
    public static func field(path: String, mediaType: String, inline: Bool) -> String {
        let name = String(FilePath.name(of: path))
        let kind = inline && MediaType.isSafeInline(mediaType) ? "inline" : "attachment"
        let extended = PercentCoding.encode(name, allowed: "!#$&+-.^_`|~")
        return kind + "; filename=\"" + plain(name) + "\"; filename*=UTF-8''" + extended
    }

    /// The name in ASCII, with `_` for each other character. `%` is replaced, too, because some clients decode it in
    /// the plain form (RFC 6266, appendix D).
    private static func plain(_ name: String) -> String {
        if name.allBytes({ $0 < 0x80 && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "%") }) { return name }
        let bytes = name.utf8.span
        var plain: [UInt8] = []
        plain.reserveCapacity(bytes.count)
        // Continuation bytes of UTF-8 are left out.
        for index in bytes.indices where bytes[index] & 0xC0 != 0x80 {
            let byte = bytes[index]
            let isKept = byte < 0x80 && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "%")
            plain.append(isKept ? byte : UInt8(ascii: "_"))
        }
        return String(decoding: plain, as: UTF8.self)
    }
}
