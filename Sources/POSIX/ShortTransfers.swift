// Fault injection: reads and writes that succeed with fewer bytes than requested.

extension Faults {
    #if DEBUG
        /// The maximum number of bytes for one read(2), pread(2) or write(2).
        @TaskLocal public static var longestTransfer: Int?
    #endif

    /// The number of bytes to request.
    @inline(__always)
    static func shortened(_ count: Int) -> Int {
        #if DEBUG
            min(count, longestTransfer ?? count)
        #else
            count
        #endif
    }
}
