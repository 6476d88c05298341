// The values of errno that other modules distinguish, so that they need not import the C library.

internal import Glibc

/// Values of `SystemError.number`, named after their descriptions in errno(3).
public enum ErrorNumber {
    /// `EACCES`
    public static var permissionDenied: Int32 { EACCES }
    /// `EPERM`
    public static var notPermitted: Int32 { EPERM }
    /// `ENOENT`
    public static var noSuchFile: Int32 { ENOENT }
    /// `ENOTDIR`: not a directory, or a symbolic link where links are not followed.
    public static var notDirectory: Int32 { ENOTDIR }
    /// `EEXIST`
    public static var fileExists: Int32 { EEXIST }
    /// `EXDEV`: the two names are on different file systems.
    public static var crossDevice: Int32 { EXDEV }
    /// `EMLINK`: the file has the maximum number of hard links.
    public static var tooManyLinks: Int32 { EMLINK }
    /// `EOPNOTSUPP`
    public static var notSupported: Int32 { EOPNOTSUPP }
    /// `ELOOP`: a symbolic link where links are not followed.
    public static var tooManySymbolicLinks: Int32 { ELOOP }
    /// `EFBIG`: the file system or a limit of the process does not allow a file of this size.
    public static var fileTooLarge: Int32 { EFBIG }
    /// `ENOSPC`
    public static var noSpace: Int32 { ENOSPC }
    /// `EDQUOT`
    public static var quotaExceeded: Int32 { EDQUOT }
    /// `EROFS`
    public static var readOnlyFileSystem: Int32 { EROFS }
    /// `EIO`
    public static var inputOutput: Int32 { EIO }
    /// `EWOULDBLOCK`: the call would have to wait, for example for a lock.
    public static var wouldBlock: Int32 { EWOULDBLOCK }
    /// `EINTR`
    public static var interrupted: Int32 { EINTR }
}
