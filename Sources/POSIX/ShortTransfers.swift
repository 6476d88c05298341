// Fault injection: reads and writes that succeed with fewer bytes than requested.

extension Faults {
    #if DEBUG
        /// The maximum number of bytes for one read(2), pread(2) or write(2).
        @TaskLocal public static var maximumTransfer: Int?
    #endif

    /// The number of bytes to request.
    @inline(__always)
    static func shortened(_ count: Int) -> Int {
        #if DEBUG
            min(count, maximumTransfer ?? count)
        #else
            count
        #endif
    }
}
