// The errors of a blob store.

public import POSIX

/// A failed operation of a blob store.
public struct BlobStoreError: Error, Equatable, Sendable, CustomStringConvertible {
    public enum Kind: Sendable {
        /// No space is left, or the quota of the store's user is used up.
        case full
        /// The store cannot be reached, read or written. This may pass.
        case unavailable
        /// The store is available, but has no such blob.
        case absent
        /// The name is taken. Blobs are never overwritten.
        case exists
        /// The blob is larger than the store allows.
        case tooLarge
        /// A body file is not a regular file, or calls came in the wrong order.
        case refused
        /// The storage URL, the credentials or the store's owner are wrong.
        case misconfigured
    }

    public let kind: Kind
    /// A sentence without blobs' names and contents, and without secrets.
    public let message: String
    /// The failed system call, if there was one.
    public let underlying: SystemError?

    public init(_ kind: Kind, _ message: String, underlying: SystemError? = nil) {
        self.kind = kind
        self.message = message
        self.underlying = underlying
    }

    public var description: String {
        underlying.map { "\(message) (\($0))" } ?? message
    }

    /// Any error that does not concern this blob alone counts as an outage, which may pass.
    init(_ error: SystemError) {
        switch error.number {
        case ErrorNumber.noSpace, ErrorNumber.quotaExceeded:
            self.init(.full, "The storage is full.", underlying: error)
        case ErrorNumber.fileTooLarge:
            self.init(.tooLarge, "The storage cannot hold a file of this size.", underlying: error)
        case ErrorNumber.fileExists:
            self.init(.exists, "The blob's name is taken.", underlying: error)
        case ErrorNumber.tooManySymbolicLinks:
            self.init(.refused, "Only a regular file can be stored.", underlying: error)
        case ErrorNumber.notDirectory:
            self.init(
                .misconfigured, "A directory of the storage is a link or a file; it must be a directory.",
                underlying: error)
        default:
            self.init(.unavailable, "The storage is not available.", underlying: error)
        }
    }
}

extension BlobStoreError: MappedError {
    public init(mapping error: any Error) {
        switch error {
        case let error as BlobStoreError: self = error
        case let error as SystemError: self.init(error)
        default: self.init(.unavailable, "The storage is not available: \(error)")
        }
    }
}
