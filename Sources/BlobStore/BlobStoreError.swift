// What can go wrong in a blob store, in the terms a caller acts on.

public import System

/// A failed operation of a blob store.
public struct BlobStoreError: Error, Equatable, Sendable, CustomStringConvertible {
    public enum Kind: Sendable {
        /// No space left, or the quota of the store's user is used up.
        case full
        /// The store cannot be reached, read or written at the moment; it may come back.
        case unavailable
        /// The store is there, the blob is not.
        case absent
        /// The name is taken: blobs are never overwritten.
        case exists
        /// Larger than the store can hold in one blob.
        case tooLarge
        /// What was handed over is not a plain file, or the operation came out of order.
        case refused
        /// The storage URL cannot be used.
        case misconfigured
    }

    public let kind: Kind
    /// A sentence without paths, names or contents.
    public let message: String
    /// The call behind it, where there was one.
    public let underlying: SystemError?

    public init(_ kind: Kind, _ message: String, underlying: SystemError? = nil) {
        self.kind = kind
        self.message = message
        self.underlying = underlying
    }

    public var description: String {
        underlying.map { "\(message) (\($0))" } ?? message
    }

    /// Everything that is not a matter of this one blob counts as an outage: it may pass, and the caller may retry.
    init(_ error: SystemError) {
        switch error.number {
        case Errno.noSpace, Errno.quotaExceeded:
            self.init(.full, "The storage is full.", underlying: error)
        case Errno.fileTooLarge:
            self.init(.tooLarge, "The storage cannot hold a file of this size.", underlying: error)
        case Errno.fileExists:
            self.init(.exists, "The blob's name is taken.", underlying: error)
        case Errno.tooManySymbolicLinks:
            self.init(.refused, "Only a regular file can be stored.", underlying: error)
        case Errno.notFolder:
            self.init(
                .misconfigured, "A folder of the storage is a link or a file; it must be a folder itself.",
                underlying: error)
        default:
            self.init(.unavailable, "The storage is not available.", underlying: error)
        }
    }
}
