// Directories that the operator names on the command line.

internal import POSIX

/// The path from the root, without a slash at its end, for programs and URLs that know no working directory.
func absolute(_ path: String) throws(Failure) -> String {
    var path = path
    if !path.hasPrefix("/") {
        guard let here = Environment.value("PWD"), here.hasPrefix("/") else {
            throw Failure("The directory must be an absolute path.")
        }
        path = "\(here)/\(path)"
    }
    while path.count > 1, path.hasSuffix("/") { path.removeLast() }
    return path
}

/// Makes a directory that only its owner can use. It may exist already.
func makeDirectory(_ path: String) throws(Failure) {
    try mapError(as: "The directory cannot be created") {
        do {
            try FileSystem.createDirectory(path, mode: 0o700)
        } catch let error as SystemError where error.number == ErrorNumber.fileExists {}
    }
}
