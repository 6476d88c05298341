// Opens the store of a storage URL. Only this file knows all kinds of stores.

internal import POSIX

/// Opens the store of a URL: `file:///absolute/directory`, or
/// `s3://bucket/prefix?endpoint=https://host:port&region=…&style=path|virtual`.
///
/// No request is sent to a bucket.
///
/// - Parameter creating: whether to make missing directories of a local store. The operator's command sets it, a worker
///   never does.
/// - Throws: `.misconfigured` for an invalid URL; the message says why. `.unavailable` if the directory or its stage/
///   is missing, so that a file system that is not mounted does not look like an empty store.
public func openBlobStore(
    _ url: String, _ settings: BlobStoreSettings = BlobStoreSettings(), creating: Bool = false
) throws(BlobStoreError) -> any BlobStore {
    if url.hasPrefix("s3:") { return S3BlobStore(try S3Client(S3Address(url), settings)) }
    var layout = LocalLayout(root: try localRoot(url))
    if settings.writesAsOwner {
        layout.ownership = try mapError(to: BlobStoreError.self) {
            try LocalOwnership(of: layout.root, newOwner: settings.newOwner)
        }
    }
    if creating { try layout.makeMissingDirectories() } else { try layout.requirePresence() }
    return LocalBlobStore(layout)
}

/// Checks a storage URL without opening the store.
///
/// - Throws: `.misconfigured`. The message says what is wrong with the URL.
public func checkStorageURL(_ url: String) throws(BlobStoreError) {
    if url.hasPrefix("s3:") { _ = try S3Address(url) } else { _ = try localRoot(url) }
}

/// The directory of a `file:` URL, without a slash at its end.
private func localRoot(_ url: String) throws(BlobStoreError) -> String {
    let scheme = url.prefix { $0 != ":" }.lowercased()
    guard scheme == "file", url.dropFirst(scheme.count).hasPrefix("://") else {
        throw BlobStoreError(.misconfigured, "The storage URL must begin with file:/// or s3://.")
    }
    var root = url.dropFirst("file://".count)
    guard root.hasPrefix("/") else {
        throw BlobStoreError(.misconfigured, "The storage URL has a host; it needs three slashes: file:///directory.")
    }
    if root.contains(where: { "%?#\0".contains($0) }) {
        throw BlobStoreError(.misconfigured, "The path of the storage URL must not contain %, ? or #.")
    }
    while root.hasSuffix("/") { root.removeLast() }
    if root.isEmpty {
        throw BlobStoreError(.misconfigured, "The storage URL must name a directory below /.")
    }
    return String(root)
}
