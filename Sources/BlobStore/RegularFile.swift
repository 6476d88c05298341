// Opening a body file from the web server.

internal import POSIX

extension FileSystem {
    /// Opens a regular file. Fails with ELOOP, as for a symbolic link, if it is anything else.
    static func openRegular(_ path: String, for access: Access) throws(SystemError) -> FileDescriptor {
        // Checked first, as opening a pipe or a device has side effects.
        let kind = try status(path, followingLinks: false).kind
        if kind != .regular { throw SystemError(.open, ErrorNumber.tooManySymbolicLinks) }
        return try open(path, for: access, followingLinks: false)
    }
}
