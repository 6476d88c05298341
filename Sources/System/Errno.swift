// The values of errno that code above this module tells apart, so that it needs no C to do so.

internal import Glibc

/// Values of `SystemError.number`, under the names that errno(3) explains.
public enum Errno {
    /// `EACCES`
    public static var permissionDenied: Int32 { EACCES }
    /// `EPERM`
    public static var notPermitted: Int32 { EPERM }
    /// `ENOENT`
    public static var noSuchFile: Int32 { ENOENT }
    /// `ENOTDIR`: a file, or a symbolic link where none is followed, in a folder's place.
    public static var notFolder: Int32 { ENOTDIR }
    /// `EEXIST`
    public static var fileExists: Int32 { EEXIST }
    /// `EXDEV`: the two names lie on different file systems.
    public static var crossDevice: Int32 { EXDEV }
    /// `EMLINK`: the file has as many names as it may have.
    public static var tooManyLinks: Int32 { EMLINK }
    /// `ELOOP`: a symbolic link where none is followed.
    public static var tooManySymbolicLinks: Int32 { ELOOP }
    /// `EFBIG`: larger than the file system or a limit of the process allows.
    public static var fileTooLarge: Int32 { EFBIG }
    /// `ENOSPC`
    public static var noSpace: Int32 { ENOSPC }
    /// `EDQUOT`
    public static var quotaExceeded: Int32 { EDQUOT }
    /// `EROFS`
    public static var readOnlyFileSystem: Int32 { EROFS }
    /// `EIO`
    public static var inputOutput: Int32 { EIO }
    /// `EWOULDBLOCK`: someone else holds the lock.
    public static var wouldBlock: Int32 { EWOULDBLOCK }
    /// `EINTR`
    public static var interrupted: Int32 { EINTR }
}
