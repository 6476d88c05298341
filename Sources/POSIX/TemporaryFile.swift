// Files without a name, for what is too large for memory.

internal import CSystem
internal import Glibc

extension FileSystem {
    /// Creates a file without a name for data that may be large. It is removed when its descriptor is closed, also
    /// after a crash. It is in `/var/tmp`, as `/tmp` may be a file system in memory.
    ///
    /// The corresponding C functions are `mkostemp`, `unlink` and `fallocate`. They work on every file system, unlike
    /// `O_TMPFILE`; one that cannot reserve space does not.
    ///
    /// - Parameter size: the space to reserve in bytes, so that it cannot run out later. The file remains empty.
    public static func createTemporary(reserving size: Int64 = 0) throws(SystemError) -> FileDescriptor {
        var path = Array("/var/tmp/coffer-XXXXXX\0".utf8CString)
        let file = FileDescriptor(owning: try Faults.call(.mkostemp) { unsafe mkostemp(&path, O_CLOEXEC) })
        let number = file.number
        try Faults.call(.unlink) { unsafe Glibc.unlink(path) }
        guard size > 0 else { return file }
        do {
            try Faults.call(.fallocate) { coffer_reserve(number, __off64_t(size)) }
        } catch  where error.number == EOPNOTSUPP {}
        return file
    }
}
