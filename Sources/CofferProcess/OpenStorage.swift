// The stores of an installation, opened as its options say.

public import BlobStore
public import CofferCore
public import System

/// Opens a store with the credentials and the trust that the options name.
///
/// - Parameters:
///   - url: nil for the store that the options name.
///   - creating: whether to make a folder that is missing, for the operator's command; never for a worker.
///   - asOwner: whether root makes everything for the owner of a store's folder, for the operator's command.
///   - newOwner: whose a folder is to be that is made; nil for the owner of the folder in which it will lie.
///   - patience: for how long requests to a remote store are sent again while they fail; nil for the usual, which is
///     short enough for someone who waits for an answer.
public func openStorage(
    _ configuration: Configuration, url: String? = nil, creating: Bool = false, asOwner: Bool = false,
    newOwner: FileOwner? = nil, patience: Duration? = nil
) throws(BlobStoreError) -> any BlobStore {
    var settings = BlobStoreSettings(
        certificateFile: configuration.storageCertificateFile, credentialsFile: configuration.storageCredentialsFile)
    settings.writesAsOwner = asOwner
    settings.newOwner = newOwner
    if let patience { settings.patience = patience }
    return try openBlobStore(url ?? configuration.storageURL, settings, creating: creating)
}
