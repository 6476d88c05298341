// Opening a body file that the web server handed over.

internal import System

extension FileSystem {
    /// Opens a regular file and nothing else; fails with ELOOP, as for a symbolic link, when it is anything else.
    static func openRegular(_ path: String, for access: Access) throws(SystemError) -> FileDescriptor {
        // Looked at before it is opened, as opening a pipe or a device has effects of its own.
        let kind = try status(path, followingLinks: false).kind
        if kind != .regular { throw SystemError(.open, Errno.tooManySymbolicLinks) }
        return try open(path, for: access, followingLinks: false)
    }
}
