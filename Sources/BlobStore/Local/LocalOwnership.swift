// In whose name a local store is written. Its workers' user owns its folder; root, as whom operators run the command,
// makes everything for that user, and somebody else is refused.

internal import System

enum LocalOwnership: Equatable, Sendable {
    /// All is made as usual: by the owner's own process, and by a worker, whoever that is.
    case process
    /// root makes it for the owner.
    case owner(FileOwner)
    /// The owner is somebody else, and this is not root.
    case foreign(FileOwner)
}

extension LocalOwnership {
    /// For the operator's command.
    ///
    /// - Parameter newOwner: of a folder that is still to be made; nil for the owner of the folder in which it will lie.
    init(of root: String, newOwner: FileOwner?) throws(SystemError) {
        let there = try FileSystem.statusIfPresent(root)
        let me = FileOwner.current
        // What is not there yet belongs to who makes it.
        if there == nil, !me.isRoot {
            self = .process
            return
        }
        let owner = if let known = there?.fileOwner ?? newOwner { known } else { try Self.owner(above: root) }
        self = owner.user == me.user ? .process : me.isRoot ? .owner(owner) : .foreign(owner)
    }

    private static func owner(above path: String) throws(SystemError) -> FileOwner {
        guard let slash = path.lastIndex(of: "/"), slash != path.startIndex else { return .current }
        let folder = String(path[..<slash])
        if let status = try FileSystem.statusIfPresent(folder) { return status.fileOwner }
        return try owner(above: folder)
    }
}

extension FileSystem {
    static func statusIfPresent(_ path: String) throws(SystemError) -> FileStatus? {
        do {
            return try status(path)
        } catch  where error.number == Errno.noSuchFile {
            return nil
        }
    }
}
