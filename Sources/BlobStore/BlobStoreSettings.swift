// The settings of a store that are not in its URL.

public import POSIX

public struct BlobStoreSettings: Sendable {
    /// A PEM file of certificates to trust instead of the system's.
    public var certificateFile: String?
    /// A credentials file in the format of `~/.aws/credentials`.
    public var credentialsFile: String?
    /// For how long a failing request to a remote store is retried. The default is short, as a user waits for the
    /// answer.
    public var retryLimit = Duration.milliseconds(3500)
    /// Whether new files and directories of a local store get the owner of the store's directory. Set by the operator's
    /// command, and by all that runs as root.
    public var writesAsOwner = false
    /// With `writesAsOwner`: the owner of a store's directory that has to be made. nil for its parent's owner.
    public var newOwner: FileOwner?
    /// Looks up an environment variable.
    public var environment: @Sendable (String) -> String? = { Environment.value($0) }

    public init(certificateFile: String? = nil, credentialsFile: String? = nil) {
        (self.certificateFile, self.credentialsFile) = (certificateFile, credentialsFile)
    }
}
