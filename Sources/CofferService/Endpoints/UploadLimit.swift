// How large a file may be.

internal import CofferCore

/// The installation's limit for the size of a file.
struct UploadLimit {
    /// nil for no limit.
    let bytes: Int64?

    /// - Throws: `Failure` 413 if the size is known and exceeds the limit.
    func check(_ size: Int64?) throws(Failure) {
        if let size, let bytes, size > bytes {
            throw Failure(.tooLarge, details: "\(size) bytes were sent or announced, \(bytes) are allowed")
        }
    }
}
