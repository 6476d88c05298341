// What a store may need beside its URL.

internal import System

public struct BlobStoreSettings: Sendable {
    /// File of certificates (PEM) to trust instead of the system's.
    public var certificateFile: String?
    /// File of credentials in the form of `~/.aws/credentials`.
    public var credentialsFile: String?
    /// For how long a request to a remote store is sent again while it fails. A request's own client must hear of an
    /// outage soon; the operator's command can wait.
    public var patience = Duration.milliseconds(3500)
    /// Looks up a variable of the process's environment.
    public var environment: @Sendable (String) -> String? = { Environment.value($0) }

    public init(certificateFile: String? = nil, credentialsFile: String? = nil) {
        (self.certificateFile, self.credentialsFile) = (certificateFile, credentialsFile)
    }
}
