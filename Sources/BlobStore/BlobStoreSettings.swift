// What a store may need beside its URL.

public import System

public struct BlobStoreSettings: Sendable {
    /// File of certificates (PEM) to trust instead of the system's.
    public var certificateFile: String?
    /// File of credentials in the form of `~/.aws/credentials`.
    public var credentialsFile: String?
    /// For how long a request to a remote store is sent again while it fails. A request's own client must hear of an
    /// outage soon; the operator's command can wait.
    public var patience = Duration.milliseconds(3500)
    /// Whether what is made in a local store is the folder's owner's, for the operator's command, which root may run.
    public var writesAsOwner = false
    /// With `writesAsOwner`: whose a folder is to be that is made; nil for the owner of the folder in which it will lie.
    public var newOwner: FileOwner?
    /// Looks up a variable of the process's environment.
    public var environment: @Sendable (String) -> String? = { Environment.value($0) }

    public init(certificateFile: String? = nil, credentialsFile: String? = nil) {
        (self.certificateFile, self.credentialsFile) = (certificateFile, credentialsFile)
    }
}
