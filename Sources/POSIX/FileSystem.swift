// File operations by path. All descriptors opened here are close-on-exec.

internal import CSystem
internal import Glibc

public enum FileSystem {
    public enum Access: Sendable { case reading, writing, readingAndWriting }

    /// Opens an existing file.
    ///
    /// The corresponding C function is `open`.
    ///
    /// - Parameter followingLinks: if false, a path whose last component is a symbolic link fails with ELOOP.
    public static func open(
        _ path: String, for access: Access = .reading, followingLinks: Bool = true
    ) throws(SystemError) -> FileDescriptor {
        let flags = access.flag | O_CLOEXEC | (followingLinks ? 0 : O_NOFOLLOW)
        return FileDescriptor(owning: try Faults.call(.open) { unsafe Glibc.open(path, flags) })
    }

    /// Opens a file for appending, and creates it if it does not exist. Every write goes to the current end of the
    /// file.
    ///
    /// The corresponding C function is `open` with `O_APPEND | O_CREAT`. The umask reduces the mode.
    public static func openForAppending(_ path: String, mode: UInt32 = 0o640) throws(SystemError) -> FileDescriptor {
        let flags = O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC
        return FileDescriptor(owning: try Faults.call(.open) { unsafe Glibc.open(path, flags, mode) })
    }

    /// Creates a file and opens it for reading and writing. Fails with EEXIST if the name exists, even as a symbolic
    /// link.
    ///
    /// The corresponding C function is `open` with `O_CREAT | O_EXCL`. The umask reduces the mode.
    public static func create(_ path: String, mode: UInt32 = 0o640) throws(SystemError) -> FileDescriptor {
        let flags = O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC
        return FileDescriptor(owning: try Faults.call(.open) { unsafe Glibc.open(path, flags, mode) })
    }

    /// Creates a file without a name and reserves `size` bytes of disk space for it. The file is removed when its
    /// descriptor is closed, and no other process can open it. Its size remains 0.
    ///
    /// The corresponding C functions are `open` with `O_TMPFILE` and `fallocate`. Fails with EOPNOTSUPP if the file
    /// system does not support them, and with ENOSPC if it has not enough space.
    public static func createUnnamed(in directory: String, reserving size: Int64) throws(SystemError) -> FileDescriptor
    {
        // O_TMPFILE without the bits of O_DIRECTORY; <fcntl.h> defines it only with _GNU_SOURCE.
        let flags = 0o20_000_000 | O_DIRECTORY | O_RDWR | O_CLOEXEC
        let file = FileDescriptor(owning: try Faults.call(.open) { unsafe Glibc.open(directory, flags, 0o600) })
        let number = file.number
        try Faults.call(.fallocate) { coffer_reserve(number, __off64_t(size)) }
        return file
    }

    /// Opens a directory, for `fsync`, a lock or calls relative to it.
    ///
    /// The corresponding C function is `open` with `O_DIRECTORY`. Fails with ENOTDIR if the path is not a directory.
    ///
    /// - Parameter followingLinks: if false, a path whose last component is a symbolic link fails with ENOTDIR.
    public static func openDirectory(
        _ path: String, followingLinks: Bool = true
    ) throws(SystemError) -> FileDescriptor {
        let flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC | (followingLinks ? 0 : O_NOFOLLOW)
        return FileDescriptor(owning: try Faults.call(.open) { unsafe Glibc.open(path, flags) })
    }

    /// Creates a hard link. Fails with EEXIST if the new name exists, and with EXDEV if it is on another file system.
    ///
    /// The corresponding C function is `link`. If `path` is a symbolic link, the link itself gets the new name.
    public static func link(_ path: String, to new: String) throws(SystemError) {
        try Faults.call(.link) { unsafe Glibc.link(path, new) }
    }

    /// Renames a file, and replaces a file of the new name.
    ///
    /// The corresponding C function is `rename`. Fails with EXDEV if the new name is on another file system.
    public static func rename(_ path: String, to new: String) throws(SystemError) {
        try Faults.call(.rename) { unsafe Glibc.rename(path, new) }
    }

    /// Removes a name. The file is removed with its last name and its last descriptor. The corresponding C function is
    /// `unlink`.
    public static func unlink(_ path: String) throws(SystemError) {
        try Faults.call(.unlink) { unsafe Glibc.unlink(path) }
    }

    /// Creates a directory. Fails with EEXIST if the name exists.
    ///
    /// The corresponding C function is `mkdir`. The umask reduces the mode.
    public static func createDirectory(_ path: String, mode: UInt32 = 0o750) throws(SystemError) {
        try Faults.call(.mkdir) { unsafe mkdir(path, mode) }
    }

    /// Removes an empty directory. Fails with ENOTEMPTY if it is not empty. The corresponding C function is `rmdir`.
    public static func removeDirectory(_ path: String) throws(SystemError) {
        try Faults.call(.rmdir) { unsafe rmdir(path) }
    }

    /// The metadata of the file at a path. nil if it does not exist.
    public static func statusIfPresent(
        _ path: String, followingLinks: Bool = true
    ) throws(SystemError) -> FileStatus? {
        do {
            return try status(path, followingLinks: followingLinks)
        } catch  where error.number == ErrorNumber.noSuchFile {
            return nil
        }
    }

    /// The metadata of the file at a path.
    ///
    /// The corresponding C functions are `stat`, and `lstat` if links are not followed.
    public static func status(_ path: String, followingLinks: Bool = true) throws(SystemError) -> FileStatus {
        var raw = stat()
        try Faults.call(.stat) { unsafe followingLinks ? stat(path, &raw) : lstat(path, &raw) }
        return FileStatus(raw)
    }

    /// Sets the permission bits. The corresponding C function is `chmod`.
    public static func setMode(_ path: String, _ mode: UInt32) throws(SystemError) {
        try Faults.call(.chmod) { unsafe chmod(path, mode) }
    }

    /// Sets the group and keeps the owner. The corresponding C function is `chown`.
    public static func setGroup(_ path: String, _ group: UInt32) throws(SystemError) {
        try Faults.call(.chown) { unsafe chown(path, uid_t.max, group) }
    }

    /// Whether this process may read the file or, with `changing`, may look up, create and remove names in the
    /// directory.
    ///
    /// The corresponding C function is `access`.
    public static func permits(_ path: String, changing: Bool = false) -> Bool {
        unsafe access(path, changing ? R_OK | W_OK | X_OK : R_OK) == 0
    }

    /// Whether the path exists and this process may see it. The corresponding C function is `access`.
    public static func exists(_ path: String) -> Bool { unsafe access(path, F_OK) == 0 }

    /// The room on the file system of `path`, for an unprivileged process.
    ///
    /// The corresponding C function is `statvfs`.
    public static func room(_ path: String) throws(SystemError) -> Room {
        var raw = statvfs()
        try Faults.call(.statvfs) { unsafe statvfs(path, &raw) }
        let block = UInt64(raw.f_frsize)
        return Room(
            freeBytes: UInt64(raw.f_bavail) * block, bytes: UInt64(raw.f_blocks) * block,
            freeFiles: UInt64(raw.f_favail), files: UInt64(raw.f_files))
    }

    /// Bytes and files of a file system.
    public struct Room: Sendable {
        public let freeBytes: UInt64
        public let bytes: UInt64
        /// How many files can still be made.
        public let freeFiles: UInt64
        /// The largest number of files. 0 if the file system has no such limit.
        public let files: UInt64
    }

    /// The free space, in bytes, for an unprivileged process on the file system of `path`.
    ///
    /// The corresponding C function is `statvfs`.
    public static func freeSpace(_ path: String) throws(SystemError) -> UInt64 {
        var raw = statvfs()
        try Faults.call(.statvfs) { unsafe statvfs(path, &raw) }
        return UInt64(raw.f_bavail) * UInt64(raw.f_frsize)
    }

    /// Creates or replaces a small file durably and atomically: a reader finds either the old bytes or the new ones.
    ///
    /// The corresponding C functions are `open`, `write`, `fsync` and `rename`. Uses the temporary name `path.new`, and
    /// replaces a file of that name.
    public static func replace(_ path: String, with bytes: [UInt8], mode: UInt32 = 0o600) throws(SystemError) {
        let new = path + ".new"
        do { try unlink(new) } catch  where error.number == ENOENT {}
        let file = try create(new, mode: mode)
        try file.write(all: bytes.span)
        try file.fsync()
        try rename(new, to: path)
    }

    /// Reads a whole small file, such as a configuration file.
    ///
    /// The corresponding C functions are `open` and `read`.
    ///
    /// - Parameter limit: in bytes. A longer file fails with EFBIG.
    public static func contents(of path: String, limit: Int = 1 << 20) throws(SystemError) -> [UInt8] {
        let file = try open(path)
        var buffer = Buffer(capacity: limit + 1)
        while try buffer.append({ (space) throws(SystemError) in try file.read(into: &space) }) > 0 {
            if buffer.count > limit { throw SystemError(.read, EFBIG) }
        }
        return buffer.array
    }

    /// The text of a small file; nil if there is no such file.
    public static func text(of path: String) throws(SystemError) -> String? {
        do {
            return String(decoding: try contents(of: path), as: UTF8.self)
        } catch  where error.number == ErrorNumber.noSuchFile {
            return nil
        }
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
