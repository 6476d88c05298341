// Calls that name files by path. Every descriptor made here is closed on exec.

internal import CSystem
internal import Glibc

public enum FileSystem {
    public enum Access: Sendable { case reading, writing, readingAndWriting }

    /// Opens what exists.
    ///
    /// The corresponding C function is `open`.
    ///
    /// - Parameter followingLinks: false makes a symbolic link as the last component fail with ELOOP.
    public static func open(
        _ path: String, for access: Access = .reading, followingLinks: Bool = true
    ) throws(SystemError) -> FileDescriptor {
        let flags = access.flag | O_CLOEXEC | (followingLinks ? 0 : O_NOFOLLOW)
        return FileDescriptor(adopting: try Faults.call(.open) { unsafe Glibc.open(path, flags) })
    }

    /// Opens for writing at the end, whoever else writes; makes the file when it is missing.
    ///
    /// The corresponding C function is `open` with `O_APPEND | O_CREAT`. The mode is reduced by the umask.
    public static func openForAppending(_ path: String, mode: UInt32 = 0o640) throws(SystemError) -> FileDescriptor {
        let flags = O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC
        return FileDescriptor(adopting: try Faults.call(.open) { unsafe Glibc.open(path, flags, mode) })
    }

    /// Makes a file that must not exist (EEXIST), also not as a symbolic link, and opens it for reading and writing.
    ///
    /// The corresponding C function is `open` with `O_CREAT | O_EXCL`. The mode is reduced by the umask.
    public static func create(_ path: String, mode: UInt32 = 0o640) throws(SystemError) -> FileDescriptor {
        let flags = O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC
        return FileDescriptor(adopting: try Faults.call(.open) { unsafe Glibc.open(path, flags, mode) })
    }

    /// Makes a file that has no name, and so goes with its descriptor, and takes up room for `size` bytes now. Nobody else
    /// can open it.
    ///
    /// The corresponding C functions are `open` with `O_TMPFILE` and `fallocate`: EOPNOTSUPP where the file system has
    /// neither, ENOSPC where it has no room. The file's size stays 0.
    public static func createUnnamed(in folder: String, reserving size: Int64) throws(SystemError) -> FileDescriptor {
        // O_TMPFILE without O_DIRECTORY, which it includes; <fcntl.h> has it for _GNU_SOURCE only.
        let flags = 0o20_000_000 | O_DIRECTORY | O_RDWR | O_CLOEXEC
        let file = FileDescriptor(adopting: try Faults.call(.open) { unsafe Glibc.open(folder, flags, 0o600) })
        let number = file.number
        try Faults.call(.fallocate) { coffer_reserve(number, __off64_t(size)) }
        return file
    }

    /// Opens a folder, for `fsync` or a lock.
    ///
    /// The corresponding C function is `open` with `O_DIRECTORY`: ENOTDIR for anything else.
    ///
    /// - Parameter followingLinks: false makes a symbolic link as the last component fail with ENOTDIR, too.
    public static func openFolder(
        _ path: String, followingLinks: Bool = true
    ) throws(SystemError) -> FileDescriptor {
        let flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC | (followingLinks ? 0 : O_NOFOLLOW)
        return FileDescriptor(adopting: try Faults.call(.open) { unsafe Glibc.open(path, flags) })
    }

    /// Gives a file a second name, which must not exist (EEXIST), on the same file system (EXDEV).
    ///
    /// The corresponding C function is `link`. A symbolic link at `path` is not followed but linked itself.
    public static func link(_ path: String, to new: String) throws(SystemError) {
        try Faults.call(.link) { unsafe Glibc.link(path, new) }
    }

    /// Moves a file within its file system (EXDEV), replacing what has the new name.
    ///
    /// The corresponding C function is `rename`.
    public static func rename(_ path: String, to new: String) throws(SystemError) {
        try Faults.call(.rename) { unsafe Glibc.rename(path, new) }
    }

    /// Removes a name; the file goes with its last name and last descriptor. The corresponding C function is `unlink`.
    public static func unlink(_ path: String) throws(SystemError) {
        try Faults.call(.unlink) { unsafe Glibc.unlink(path) }
    }

    /// Makes a folder that must not exist (EEXIST).
    ///
    /// The corresponding C function is `mkdir`. The mode is reduced by the umask.
    public static func makeFolder(_ path: String, mode: UInt32 = 0o750) throws(SystemError) {
        try Faults.call(.mkdir) { unsafe mkdir(path, mode) }
    }

    /// Removes an empty folder (ENOTEMPTY). The corresponding C function is `rmdir`.
    public static func removeFolder(_ path: String) throws(SystemError) {
        try Faults.call(.rmdir) { unsafe rmdir(path) }
    }

    /// What the kernel knows about a path.
    ///
    /// The corresponding C functions are `stat`, and `lstat` when links are not followed.
    public static func status(_ path: String, followingLinks: Bool = true) throws(SystemError) -> FileStatus {
        var raw = stat()
        try Faults.call(.stat) { unsafe followingLinks ? stat(path, &raw) : lstat(path, &raw) }
        return FileStatus(raw)
    }

    /// Sets the permission bits. The corresponding C function is `chmod`.
    public static func setMode(_ path: String, _ mode: UInt32) throws(SystemError) {
        try Faults.call(.chmod) { unsafe chmod(path, mode) }
    }

    /// Sets the group and leaves the owner. The corresponding C function is `chown`.
    public static func setGroup(_ path: String, _ group: UInt32) throws(SystemError) {
        try Faults.call(.chown) { unsafe chown(path, uid_t.max, group) }
    }

    /// Whether this process may read the file, or with `changing` may make, find and remove names in the folder.
    ///
    /// The corresponding C function is `access`.
    public static func permits(_ path: String, changing: Bool = false) -> Bool {
        unsafe access(path, changing ? R_OK | W_OK | X_OK : R_OK) == 0
    }

    /// Whether there is something of this name, as far as this process can find out. The corresponding C function is `access`.
    public static func exists(_ path: String) -> Bool { unsafe access(path, F_OK) == 0 }

    /// The bytes an unprivileged process may still write to the file system that holds `path`.
    ///
    /// The corresponding C function is `statvfs`.
    public static func freeSpace(_ path: String) throws(SystemError) -> UInt64 {
        var raw = statvfs()
        try Faults.call(.statvfs) { unsafe statvfs(path, &raw) }
        return UInt64(raw.f_bavail) * UInt64(raw.f_frsize)
    }

    /// Puts bytes into a file, new or replaced as a whole, durably: whoever reads it finds the old bytes or these.
    ///
    /// The corresponding C functions are `open`, `write`, `fsync` and `rename`. A file `path.new` is replaced, too.
    public static func replace(_ path: String, with bytes: [UInt8], mode: UInt32 = 0o600) throws(SystemError) {
        let new = path + ".new"
        do { try unlink(new) } catch  where error.number == ENOENT {}
        let file = try create(new, mode: mode)
        try file.write(all: bytes.span)
        try file.fsync()
        try rename(new, to: path)
    }

    /// All bytes of a small file, such as a configuration.
    ///
    /// The corresponding C functions are `open` and `read`.
    ///
    /// - Parameter limit: in bytes; a longer file fails with EFBIG.
    public static func contents(of path: String, limit: Int = 1 << 20) throws(SystemError) -> [UInt8] {
        let file = try open(path)
        var buffer = Buffer(capacity: limit + 1)
        while try buffer.append({ (space) throws(SystemError) in try file.read(into: &space) }) > 0 {
            if buffer.count > limit { throw SystemError(.read, EFBIG) }
        }
        return buffer.array
    }
}

extension FileSystem.Access {
    var flag: Int32 {
        switch self {
        case .reading: O_RDONLY
        case .writing: O_WRONLY
        case .readingAndWriting: O_RDWR
        }
    }
}
