// Ownership of a store's files, which the operator's commands check.

/// A store whose files and directories belong to users of this host.
public protocol OwnedBlobStore: BlobStore {
    /// The absolute path of the store's directory.
    var directory: String { get }

    /// - Throws: `.misconfigured` if this process is not root and another user owns the store.
    func requireOwner() throws(BlobStoreError)

    /// Counts the files and directories that the store's owner cannot use. The workers run as the owner. Examines the
    /// whole store.
    func inaccessible() throws(BlobStoreError) -> InaccessibleParts
}

/// The parts of a store that its owner cannot use.
public struct InaccessibleParts: Equatable, Sendable {
    /// Files that the owner cannot read, or, in stage/, cannot write.
    public var files = 0
    /// Directories in which the owner cannot list, make or remove files.
    public var directories = 0
    public let ownerName: String
    /// The store's directory.
    public let path: String

    public var isEmpty: Bool { files == 0 && directories == 0 }
}
