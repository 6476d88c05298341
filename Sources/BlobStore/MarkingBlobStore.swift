// A store that keeps pending markers, so that an upload need not be listed in the database before its first byte. After
// a crash, the marker shows that the blob may be an orphan.

/// A store that keeps pending markers. A blob's marker exists from before its first byte until the caller confirms that
/// the blob has a row. It survives a crash of the process.
public protocol MarkingBlobStore: BlobStore {
    /// Like `stage(as:length:)`, with a pending marker.
    func stagePending(as name: BlobName) throws(BlobStoreError) -> any PendingBlob

    /// Like `stage(handOff:as:)`, with a pending marker.
    func stagePending(handOff path: String, as name: BlobName) throws(BlobStoreError) -> any PendingBlob

    /// Whether the blob has a pending marker. A blob without one has a row, or was uploaded in two phases.
    func hasMarker(of name: BlobName) throws(BlobStoreError) -> Bool

    /// The blobs whose uploads have ended without removing the marker. Such a blob may have a row, may be an orphan, or
    /// may never have been published.
    ///
    /// - Parameter age: the minimum time since the marker was last changed. nil for one minute.
    func abandonedMarkers(olderThan age: Duration?) throws(BlobStoreError) -> [BlobName]

    /// Removes markers, but not their blobs. Absent markers are ignored.
    func removeMarkers(of names: [BlobName]) throws(BlobStoreError)
}

/// A staged blob with a pending marker. After `publish`, the marker stays until `confirm`, even if this is released.
public protocol PendingBlob: StagedBlob {
    /// Removes the marker, since the blob has a row or has been removed.
    func confirm()
}
