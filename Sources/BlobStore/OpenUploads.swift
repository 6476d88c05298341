// Multipart uploads of a remote store that are neither completed nor aborted. They use room that no list of blobs
// shows, so they are reported to operators.

public struct OpenUploads: Equatable, Sendable {
    public private(set) var count: Int
    /// When the oldest upload began, in seconds since 1970. nil if the store does not report it.
    public private(set) var oldest: Int64?

    public init(count: Int, oldest: Int64?) { (self.count, self.oldest) = (count, oldest) }

    mutating func add(begun: Int64?) {
        count += 1
        if let begun { oldest = min(oldest ?? begun, begun) }
    }
}
