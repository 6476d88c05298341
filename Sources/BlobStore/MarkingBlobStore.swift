// A store that itself remembers which blobs are on their way in, so that an upload need not be listed anywhere else
// before its first byte. What a crash leaves is found by its marker.

/// A store that keeps markers. A blob has one from before its first byte until its caller has put it on record, and a
/// marker outlives the process that made it.
public protocol MarkingBlobStore: BlobStore {
    /// As `stage(as:length:)`.
    func stagePending(as name: BlobName) throws(BlobStoreError) -> any PendingBlob

    /// As `stage(handOff:as:)`.
    func stagePending(handOff path: String, as name: BlobName) throws(BlobStoreError) -> any PendingBlob

    /// Whether there is a marker: when there is none, what has the name is on record or was never noted.
    func hasMarker(of name: BlobName) throws(BlobStoreError) -> Bool

    /// The blobs whose callers are gone: each is on record, or is garbage, or was not published at all.
    ///
    /// - Parameter age: since the marker last changed; nil for a minute.
    func abandonedMarkers(olderThan age: Duration?) throws(BlobStoreError) -> [BlobName]

    /// Forgets markers, but not their blobs; one that is absent already is no error.
    func removeMarkers(of names: [BlobName]) throws(BlobStoreError)
}

/// A blob whose marker stays when it is published, also when this is released, until it is confirmed.
public protocol PendingBlob: StagedBlob {
    /// Removes the marker: the blob is on record elsewhere, or removed.
    func confirm()
}
