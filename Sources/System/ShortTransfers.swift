// The second seam for tests: calls that succeed, but with fewer bytes than they were asked for.

extension Faults {
    #if DEBUG
        /// The most bytes that one read(2), pread(2) or write(2) may move.
        @TaskLocal public static var longestTransfer: Int?
    #endif

    /// The number of bytes to ask for.
    @inline(__always)
    static func shortened(_ count: Int) -> Int {
        #if DEBUG
            min(count, longestTransfer ?? count)
        #else
            count
        #endif
    }
}
