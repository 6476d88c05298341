// Calls that name files by their place in an open folder: wherever its path leads by now, they mean this folder.

internal import Glibc

extension FileDescriptor {
    /// Opens what exists in this folder; a symbolic link fails with ELOOP. The corresponding C function is `openat`.
    public func open(_ name: String, for access: FileSystem.Access) throws(SystemError) -> FileDescriptor {
        let flags = access.flag | O_NOFOLLOW | O_CLOEXEC
        return FileDescriptor(adopting: try Faults.call(.open) { unsafe openat(number, name, flags) })
    }

    /// As `FileSystem.create`, in this folder. The corresponding C function is `openat`.
    public func create(_ name: String, mode: UInt32 = 0o640) throws(SystemError) -> FileDescriptor {
        let flags = O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC
        return FileDescriptor(adopting: try Faults.call(.open) { unsafe openat(number, name, flags, mode) })
    }

    /// What the kernel knows about a name in this folder, a link itself. The corresponding C function is `fstatat`.
    public func status(of name: String) throws(SystemError) -> FileStatus {
        var raw = stat()
        try Faults.call(.stat) { unsafe fstatat(number, name, &raw, AT_SYMLINK_NOFOLLOW) }
        return FileStatus(raw)
    }

    /// Gives a file a second name, in this folder, as `FileSystem.link` does. The corresponding C function is `linkat`.
    public func link(_ path: String, as name: String) throws(SystemError) {
        try Faults.call(.link) { unsafe linkat(AT_FDCWD, path, number, name, 0) }
    }

    /// Removes a name in this folder. The corresponding C function is `unlinkat`.
    public func unlink(_ name: String) throws(SystemError) {
        try Faults.call(.unlink) { unsafe unlinkat(number, name, 0) }
    }

    /// The names in this folder, as `FileSystem.list` has them.
    public func list() throws(SystemError) -> [String] {
        // A descriptor of its own, as the place in the list belongs to the open folder.
        let again = FileDescriptor(
            adopting: try Faults.call(.open) { unsafe openat(number, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC) })
        return try FileSystem.listCounting(again).names
    }
}
