// How large the parts of an upload are: equal where the length is known, as some stores want them; no more than 10,000,
// which is all that S3 takes; and two of them in memory.

enum PartSizes {
    static let usual = 16 << 20
    static let largest = 24 << 20
    static let most = 10_000
    /// An upload of unknown length has small parts for so long.
    static let usualCount = 1000

    /// The most bytes that are sent by one request where they can be read again.
    static let longestWhole: Int64 = 64 << 20

    /// The most bytes that can be stored.
    static let longest = Int64(largest) * Int64(most)

    /// The size in bytes of each part but the last; nil when the bytes would not fit.
    static func size(length: Int64) -> Int? {
        if length > longest { return nil }
        let least = (length + Int64(most) - 1) / Int64(most)
        let step: Int64 = 1 << 20
        return max(usual, Int((least + step - 1) / step * step))
    }

    /// The size of one part of an upload of unknown length, by its place from 0 on; nil when there are too many.
    static func size(place: Int) -> Int? {
        if place >= most { return nil }
        return place < usualCount ? usual : largest
    }
}
