// A store that itself remembers which blobs are on their way in, so that an upload need not be listed anywhere else
// before its first byte. What a crash leaves is found by its note.

/// A store that keeps notes. A blob has one from before its first byte until its caller has put it on record, and a
/// note outlives the process that made it.
public protocol NotingBlobStore: BlobStore {
    /// As `stage(as:length:)`.
    func stageWithNote(as name: BlobName) throws(BlobStoreError) -> any NotedBlob

    /// As `adopt(bodyFile:as:)`.
    func adoptWithNote(bodyFile path: String, as name: BlobName) throws(BlobStoreError) -> any NotedBlob

    /// Whether there is a note: when there is none, what has the name is on record or was never noted.
    func hasNote(of name: BlobName) throws(BlobStoreError) -> Bool

    /// The blobs whose callers are gone: each is on record, or is garbage, or was not published at all.
    ///
    /// - Parameter age: since the note last changed; nil for a minute.
    func abandonedNotes(olderThan age: Duration?) throws(BlobStoreError) -> [BlobName]

    /// Forgets notes, but not their blobs; one that is absent already is no error.
    func removeNotes(of names: [BlobName]) throws(BlobStoreError)
}

/// A blob whose note stays when it is published, also when this is released, until it is settled.
public protocol NotedBlob: StagedBlob {
    /// Removes the note: the blob is on record elsewhere, or removed.
    func settle()
}
