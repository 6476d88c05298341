// What stat(2) tells, in Swift's types.

internal import Glibc

/// What the kernel knows about a file.
public struct FileStatus: Equatable, Sendable {
    public enum Kind: Sendable { case regular, folder, symbolicLink, socket, other }

    public let kind: Kind
    /// In bytes.
    public let size: Int64
    /// The permission bits with set-user, set-group and sticky, without the file's kind.
    public let mode: UInt32
    public let owner: UInt32
    public let group: UInt32
    public let device: UInt64
    public let inode: UInt64
    /// How many names the file has; 0 once the last is gone.
    public let links: UInt64
    /// When the contents last changed, in whole seconds since 1970.
    public let modified: Int64
    /// When contents, mode, owner or the number of names last changed, in whole seconds since 1970. No program can
    /// set this one.
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
        case S_IFDIR: self = .folder
        case S_IFLNK: self = .symbolicLink
        case S_IFSOCK: self = .socket
        default: self = .other
        }
    }
}
