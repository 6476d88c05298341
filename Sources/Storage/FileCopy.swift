// The copy of a file or a folder: list the new blobs, copy within their stores, commit. As in a two-phase upload, a
// blob's name is listed in the database before the blob exists, so a crash at any point leaves no blob that the garbage
// collector cannot find.

internal import BlobStore
public import Postgres

public struct FileCopy<Database: UploadDatabase> {
    private let paths: [Parameter]
    private let stores: StoreCache
    private let database: Database

    /// A listed blob.
    private struct Blob {
        let copy: BlobCopy
        /// The URL of the store of both blobs. nil for the configured store.
        let url: String?
    }

    /// - Parameter paths: of the source and of the target.
    public init(_ paths: [Parameter], in stores: StoreCache, _ database: Database) {
        (self.paths, self.stores, self.database) = (paths, stores, database)
    }

    private static var begin: Statement {
        Statement(name: "begin_copy", sql: "select source, target, store_url, size_bytes from api.begin_copy($1, $2)")
    }
    private static var finish: Statement {
        Statement(name: "finish_copy", sql: "select api.finish_copy($1, $2, $3::text[], $4::text[]) as files")
    }
    private static var abandon: Statement {
        Statement(name: "abandon_copy", sql: "select api.abandon_copy($1::text[])")
    }

    /// Copies everything or nothing.
    ///
    /// - Returns: the number of files.
    /// - Throws: `BlobStoreError`, or an error of the database. Nothing was copied then, unless the database was
    ///   unavailable: in that case the copy may exist.
    public func perform() throws -> Int64 {
        let blobs = try list()
        do {
            for (url, group) in Dictionary(grouping: blobs, by: \.url) {
                try stores.stopwatch.measure { try stores.store(url).copy(group.map(\.copy)) }
            }
        } catch {
            // The names stay listed: the store may still be working on a request that seems to have failed.
            try? remove(blobs)
            throw error
        }
        do {
            let names = [Self.array(blobs.map(\.copy.source)), Self.array(blobs.map(\.copy.target))]
            return try database.commit(Query(Self.finish, paths + names)).only().integer("files")
        } catch {
            // If the database is unavailable, the files may have been stored. So the blobs stay, and their names.
            if !database.isUnavailable(after: error), (try? remove(blobs)) != nil {
                // If this fails, the garbage collector removes the names.
                _ = try? database.run(Query(Self.abandon, [Self.array(blobs.map(\.copy.target))]))
            }
            throw error
        }
    }

    /// Names need no quotes, which take longer than all else that is done for a name.
    private static func array(_ names: [BlobName]) -> Parameter {
        .text("{\(names.map(\.description).joined(separator: ","))}")
    }

    /// Lists the names of the new blobs durably.
    private func list() throws -> [Blob] {
        try database.run(Query(Self.begin, paths)).map { row in
            let copy = BlobCopy(
                from: try row.value("source") { BlobName($0) }, to: try row.value("target") { BlobName($0) },
                size: try row.integer("size_bytes"))
            return Blob(copy: copy, url: try row.optionalText("store_url"))
        }
    }

    /// Removes the new blobs, of which some may not exist.
    private func remove(_ blobs: [Blob]) throws {
        for (url, group) in Dictionary(grouping: blobs, by: \.url) {
            try stores.stopwatch.measure { try stores.store(url).remove(group.map(\.copy.target)) }
        }
    }
}
