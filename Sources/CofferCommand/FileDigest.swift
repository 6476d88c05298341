// The digest of a file, with the command's failures.

internal import Storage

extension Interruption {
    /// SHA-256 of a file in hexadecimal.
    func digest(ofFile path: String) throws(Failure) -> String {
        try mapError(as: "\(path) cannot be read") { try VerifiedReader(self).digest(ofFile: path) }
    }
}
