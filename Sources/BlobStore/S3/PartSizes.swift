// How large the parts of a multipart upload are. S3 allows 10,000 parts (Amazon S3 User Guide, "Multipart upload
// limits"). Two parts are in memory at a time. If the length is known, all parts have the same size, as some stores
// require.

enum PartSizes {
    /// In bytes.
    static let usual = 16 << 20
    /// In bytes.
    static let largest = 24 << 20
    static let maximumCount = 10_000
    /// An upload of unknown length has this many parts of the usual size. Later parts have the largest size.
    static let usualCount = 1000

    /// The largest blob, in bytes, that is sent in one request if its bytes can be read again.
    static let maximumSinglePut: Int64 = 64 << 20

    /// The largest blob, in bytes, that the store copies in one request, and the size of the parts of a longer one. S3
    /// allows 5 GiB, but some stores send no byte before they are done, and a wait is limited.
    static let copied: Int64 = 1 << 30

    /// The largest blob in bytes.
    static let maximumLength = Int64(largest) * Int64(maximumCount)

    /// The size in bytes of each part but the last. nil if a blob of `length` bytes is too large.
    static func size(length: Int64, usual: Int = usual) -> Int? {
        if length > maximumLength { return nil }
        let least = (length + Int64(maximumCount) - 1) / Int64(maximumCount)
        let step: Int64 = 1 << 20
        return max(usual, Int((least + step - 1) / step * step))
    }

    /// The size in bytes of a part of an upload of unknown length. nil if there would be too many parts.
    ///
    /// - Parameter place: counted from 0.
    static func size(place: Int) -> Int? {
        if place >= maximumCount { return nil }
        return place < usualCount ? usual : largest
    }
}
