// From the storage URL of the configuration to a store.

internal import System

/// Opens the store that a URL names: `file:///absolute/folder`, or
/// `s3://bucket/prefix?endpoint=https://host:port&region=…&style=path|virtual`.
///
/// A bucket is not asked for anything yet. A folder and stage/ in it must exist, or the call fails as `.unavailable`: a
/// file system that is not mounted must not look like an empty store. A URL that cannot be used fails as `.misconfigured`, and the message says why.
///
/// - Parameter creating: whether to make what is missing in a folder, for the operator's command; never for a worker.
public func openBlobStore(
    _ url: String, _ settings: BlobStoreSettings = BlobStoreSettings(), creating: Bool = false
) throws(BlobStoreError) -> any BlobStore {
    if url.hasPrefix("s3:") { return S3BlobStore(try S3Client(S3Address(url), settings)) }
    var layout = LocalLayout(root: try localRoot(url))
    if settings.writesAsOwner {
        do throws(SystemError) {
            layout.ownership = try LocalOwnership(of: layout.root, newOwner: settings.newOwner)
        } catch {
            throw BlobStoreError(error)
        }
    }
    if creating { try layout.makeMissingFolders() } else { try layout.requirePresence() }
    return LocalBlobStore(layout)
}

/// Fails as `.misconfigured`, and the message says why, for a URL that no store can be opened by. Asks nobody.
public func checkStorageURL(_ url: String) throws(BlobStoreError) {
    if url.hasPrefix("s3:") { _ = try S3Address(url) } else { _ = try localRoot(url) }
}

/// The folder that a `file:` URL names, without a slash at the end.
private func localRoot(_ url: String) throws(BlobStoreError) -> String {
    let scheme = url.prefix { $0 != ":" }.lowercased()
    guard scheme == "file", url.dropFirst(scheme.count).hasPrefix("://") else {
        throw BlobStoreError(.misconfigured, "The storage URL must begin with file:/// or s3://.")
    }
    var root = url.dropFirst("file://".count)
    guard root.hasPrefix("/") else {
        throw BlobStoreError(.misconfigured, "The storage URL names a host; three slashes are needed: file:///folder.")
    }
    if root.contains(where: { "%?#\0".contains($0) }) {
        throw BlobStoreError(.misconfigured, "The storage URL's path is taken as it is; it may hold no %, ? or #.")
    }
    while root.hasSuffix("/") { root.removeLast() }
    if root.isEmpty {
        throw BlobStoreError(.misconfigured, "The storage URL names no folder below /.")
    }
    return String(root)
}
