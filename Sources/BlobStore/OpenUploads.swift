// How much a remote store holds of uploads in parts that have not come to their end. It costs room that no list of blobs
// shows, so operators are told.

public struct OpenUploads: Equatable, Sendable {
    public private(set) var count: Int
    /// When the oldest of those whose beginning the store tells began, in seconds since 1970.
    public private(set) var oldest: Int64?

    public init(count: Int, oldest: Int64?) { (self.count, self.oldest) = (count, oldest) }

    mutating func add(begun: Int64?) {
        count += 1
        if let begun { oldest = min(oldest ?? begun, begun) }
    }
}
