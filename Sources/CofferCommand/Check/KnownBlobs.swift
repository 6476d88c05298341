// The rows of the blobs in a store.

internal import BlobStore
internal import CofferCore
internal import Postgres

/// A file or what the trash has of it, in the words of its user.
struct FileRecord {
    let id: String
    let email: String
    let path: String
    let isInTrash: Bool
}

struct KnownBlobs {
    let owner: OwnerConnection
    let store: Int64

    /// The number of rows in a page. Their names take a few megabytes.
    static let page: Int64 = 20_000

    /// A page of the rows after a name, in the order of names. Each part of the union reads one range of an index.
    func list(after last: BlobName?) throws(Failure) -> [KnownBlob] {
        let found = try owner.call(
            """
            select k.blob, k.size_bytes, encode(k.sha256, 'hex') as sha256 from (
                (select f.blob, f.size_bytes, f.sha256 from internal.files f
                    where f.blob > $2 and f.store = $1 order by f.blob limit $3)
                union all
                (select t.blob, t.size_bytes, t.sha256 from internal.trash t
                    where t.blob > $2 and t.store = $1 order by t.blob limit $3)
                union all
                (select d.blob, null, null from internal.garbage d
                    where d.blob > $2 and d.store = $1 order by d.blob limit $3)
                union all
                (select c.blob, null, null from internal.blob_copies c
                    where c.blob > $2 and c.store = $1 order by c.blob limit $3)
                union all
                (select u.blob, null, null from internal.uploads u
                    where u.blob > $2 and u.store = $1 order by u.blob limit $3)) k
            order by k.blob, k.size_bytes
            limit $3
            """, [.integer(store), .text(last?.description ?? ""), .integer(Self.page)]
        ).readAll { row in
            // Only files and the trash have a size.
            guard try row.optionalInteger("size_bytes") != nil else {
                return KnownBlob(name: try row.blobName("blob"), file: nil)
            }
            let file = try row.fileBlob()
            return KnownBlob(name: file.name, file: file)
        }
        var known: [KnownBlob] = []
        known.reserveCapacity(found.count)
        // What must stay comes before other rows of its blob.
        for blob in found where known.last?.name != blob.name { known.append(blob) }
        return known
    }

    /// Those of these names that have a row now.
    func existing(_ names: [BlobName]) throws(Failure) -> Set<BlobName> {
        if names.isEmpty { return [] }
        let names = try owner.call(
            """
            select k.blob from internal.kept_blobs k where k.blob = any ($2::text[]) and k.store = $1
            union all
            select d.blob from internal.garbage d where d.blob = any ($2::text[]) and d.store = $1
            union all
            select c.blob from internal.blob_copies c where c.blob = any ($2::text[]) and c.store = $1
            union all
            select u.blob from internal.uploads u where u.blob = any ($2::text[]) and u.store = $1
            """, [.integer(store), .array(names)]
        ).readAll { try $0.blobName("blob") }
        return Set(names)
    }

    /// The files, also of the trash, that have these blobs now.
    func files(_ names: [BlobName]) throws(Failure) -> [BlobName: FileRecord] {
        if names.isEmpty { return [:] }
        let files = try owner.call(
            """
            select k.blob, k.file_id as id, u.email, k.file_path, k.is_trash
            from internal.kept_blobs k join internal.users u on u.id = k.user_id
            where k.blob = any ($2::text[]) and k.store = $1
            """, [.integer(store), .array(names)]
        ).readAll { row in
            let file = FileRecord(
                id: try row.text("id"), email: try row.text("email"), path: try row.text("file_path"),
                isInTrash: try row.boolean("is_trash"))
            return (try row.blobName("blob"), file)
        }
        return Dictionary(files) { $1 }
    }

    /// Makes an orphan garbage, which gc removes after the grace period.
    func markAsGarbage(_ name: BlobName) throws(Failure) {
        try owner.call(
            """
            insert into internal.garbage (blob, reason, store)
            select $2::text, 'deleted', $1 where not exists (
                select from internal.kept_blobs k where k.blob = $2::text and k.store = $1)
            on conflict do nothing
            """, [.integer(store), .text(name.description)])
    }
}

/// A blob that has a row.
struct KnownBlob: Sendable {
    let name: BlobName
    /// nil if neither a file nor the trash uses the blob: garbage, copies that are not used yet, and uploads. Their blobs
    /// may be missing.
    let file: FileBlob?
}
