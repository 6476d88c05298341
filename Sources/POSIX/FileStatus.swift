// The result of stat(2), in Swift's types.

internal import Glibc

/// A file's metadata.
public struct FileStatus: Equatable, Sendable {
    public enum Kind: Sendable { case regular, directory, symbolicLink, socket, other }

    public let kind: Kind
    /// In bytes.
    public let size: Int64
    /// The permission bits with the set-user, set-group and sticky bits.
    public let mode: UInt32
    public let owner: UInt32
    public let group: UInt32
    public let device: UInt64
    public let inode: UInt64
    /// The number of hard links, 0 after the last one was removed.
    public let links: UInt64
    /// The time of the last change of the contents, in whole seconds since 1970.
    public let modified: Int64
    /// The time of the last change of contents, mode, owner or number of links, in whole seconds since 1970. Programs
    /// cannot set it.
    public let changed: Int64

    init(_ raw: stat) {
        kind = Kind(raw.st_mode)
        size = Int64(raw.st_size)
        mode = raw.st_mode & 0o7777
        owner = raw.st_uid
        group = raw.st_gid
        device = UInt64(raw.st_dev)
        inode = UInt64(raw.st_ino)
        links = UInt64(raw.st_nlink)
        modified = Int64(raw.st_mtim.tv_sec)
        changed = Int64(raw.st_ctim.tv_sec)
    }
}

extension FileStatus.Kind {
    init(_ mode: mode_t) {
        switch mode & S_IFMT {
        case S_IFREG: self = .regular
        case S_IFDIR: self = .directory
        case S_IFLNK: self = .symbolicLink
        case S_IFSOCK: self = .socket
        default: self = .other
        }
    }
}
