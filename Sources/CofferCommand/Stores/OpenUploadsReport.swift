// The multipart uploads that are open in a bucket, as gc and check report them.

internal import BlobStore
internal import CofferCore

struct OpenUploadsReport: Reported {
    let store: Int64
    let uploads: OpenUploads

    var line: String {
        let since = uploads.since.map { ", the oldest since \($0)" } ?? ""
        return "store \(store): \(uploads.count) uploads are open\(since)"
    }

    var json: String {
        let since = uploads.since.map(JSON.quoted) ?? "null"
        return #"{"store":\#(store),"open_uploads":\#(uploads.count),"open_uploads_since":\#(since)}"#
    }
}

extension BlobStore {
    /// nil for a store without multipart uploads.
    func openUploadsReport(_ id: Int64) throws(BlobStoreError) -> OpenUploadsReport? {
        try openUploads().map { OpenUploadsReport(store: id, uploads: $0) }
    }
}
