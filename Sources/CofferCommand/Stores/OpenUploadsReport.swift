// What gc and check tell of the uploads that are open in a bucket.

internal import BlobStore
internal import CofferCore

struct OpenUploadsReport {
    let store: Int64
    let uploads: OpenUploads

    /// For people.
    var line: String {
        let since = uploads.since.map { ", the oldest since \($0)" } ?? ""
        return "store \(store): \(uploads.count) uploads are open\(since)"
    }

    /// One object.
    var json: String {
        let since = uploads.since.map(JSON.quoted) ?? "null"
        return #"{"store":\#(store),"open_uploads":\#(uploads.count),"open_uploads_since":\#(since)}"#
    }
}

extension BlobStore {
    /// Nil for a store that knows no uploads in parts.
    func openUploadsReport(_ id: Int64) throws(BlobStoreError) -> OpenUploadsReport? {
        try openUploads().map { OpenUploadsReport(store: id, uploads: $0) }
    }
}
