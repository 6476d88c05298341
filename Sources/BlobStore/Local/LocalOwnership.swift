// The user for whom a local store is written. The workers' user owns its directory. Whatever runs as root, as operators
// may run the command, makes all files for the owner. To the command, any other user is refused.

internal import POSIX

enum LocalOwnership: Equatable, Sendable {
    /// Files are made as this process: it is the owner's, or a worker that is not root.
    case process
    /// This process is root and makes files for the owner.
    case owner(FileOwner)
    /// Another user is the owner, and this process is not root.
    case foreign(FileOwner)
}

extension LocalOwnership {
    /// Determines the ownership for the operator's command, and for a worker that is root.
    ///
    /// - Parameter newOwner: the owner of a directory that has to be made. nil for its parent's owner.
    init(of root: String, newOwner: FileOwner?) throws(SystemError) {
        let there = try FileSystem.statusIfPresent(root)
        let me = FileOwner.current
        // A new directory belongs to the process that makes it.
        if there == nil, !me.isRoot {
            self = .process
            return
        }
        let owner = if let known = there?.fileOwner ?? newOwner { known } else { try Self.owner(above: root) }
        self = owner.user == me.user ? .process : me.isRoot ? .owner(owner) : .foreign(owner)
    }

    private static func owner(above path: String) throws(SystemError) -> FileOwner {
        guard let slash = path.lastIndex(of: "/"), slash != path.startIndex else { return .current }
        let directory = String(path[..<slash])
        if let status = try FileSystem.statusIfPresent(directory) { return status.fileOwner }
        return try owner(above: directory)
    }
}
