// What operators' commands ask of a store whose files have an owner on this host.

/// A store whose files and folders belong to users of this host.
public protocol OwnedBlobStore: BlobStore {
    /// The folder, absolute.
    var folder: String { get }

    /// Fails as `.misconfigured` where this user must not write, as the owner is somebody else.
    func requireOwner() throws(BlobStoreError)

    /// What the owner of the store's folder, as whom the workers run, cannot use. Looks at everything.
    func inaccessible() throws(BlobStoreError) -> InaccessibleParts
}

/// How much of a store its owner cannot use.
public struct InaccessibleParts: Equatable, Sendable {
    /// Files that cannot be read, or in stage/ not be written.
    public var files = 0
    /// Folders in which nothing can be found, made or removed.
    public var folders = 0
    public let ownerName: String
    /// The folder of the store.
    public let path: String

    public var isEmpty: Bool { files == 0 && folders == 0 }
}
