// File operations relative to an open directory. They reach the same directory even after its path has changed.

internal import Glibc

extension FileDescriptor {
    /// Opens an existing file in this directory. Fails with ELOOP if it is a symbolic link. The corresponding C
    /// function is `openat`.
    public func open(_ name: String, for access: FileSystem.Access) throws(SystemError) -> FileDescriptor {
        let flags = access.flag | O_NOFOLLOW | O_CLOEXEC
        return FileDescriptor(owning: try Faults.call(.open) { unsafe openat(number, name, flags) })
    }

    /// Like `FileSystem.create`, in this directory. The corresponding C function is `openat`.
    public func create(_ name: String, mode: UInt32 = 0o640) throws(SystemError) -> FileDescriptor {
        let flags = O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC
        return FileDescriptor(owning: try Faults.call(.open) { unsafe openat(number, name, flags, mode) })
    }

    /// The metadata of a file in this directory. Symbolic links are not followed. The corresponding C function is
    /// `fstatat`.
    public func status(of name: String) throws(SystemError) -> FileStatus {
        var raw = stat()
        try Faults.call(.stat) { unsafe fstatat(number, name, &raw, AT_SYMLINK_NOFOLLOW) }
        return FileStatus(raw)
    }

    /// Like `FileSystem.link`, with the new name in this directory. The corresponding C function is `linkat`.
    public func link(_ path: String, as name: String) throws(SystemError) {
        try Faults.call(.link) { unsafe linkat(AT_FDCWD, path, number, name, 0) }
    }

    /// Removes a name in this directory. The corresponding C function is `unlinkat`.
    public func unlink(_ name: String) throws(SystemError) {
        try Faults.call(.unlink) { unsafe unlinkat(number, name, 0) }
    }

    /// The names in this directory, as from `FileSystem.list`.
    public func list() throws(SystemError) -> [String] {
        // Listing needs a new descriptor, since it moves the position of the open directory.
        let again = FileDescriptor(
            owning: try Faults.call(.open) { unsafe openat(number, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC) })
        return try FileSystem.listCounting(again).names
    }
}
