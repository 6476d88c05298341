// The blob of a file, as its row describes it.

internal import BlobStore
internal import Postgres

/// The blob of a file: its name, and what its bytes must be.
struct FileBlob: Equatable, Sendable {
    let name: BlobName
    /// In bytes.
    let size: Int64
    /// In hexadecimal.
    let sha256: String
}

extension Row {
    /// From the columns `blob`, `size_bytes` and `sha256`, the last one in hexadecimal.
    func fileBlob() throws(PostgresError) -> FileBlob {
        FileBlob(name: try blobName("blob"), size: try integer("size_bytes"), sha256: try text("sha256"))
    }
}
