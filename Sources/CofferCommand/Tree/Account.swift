// A user's files, as the operator gets at them.

internal import BlobStore
internal import CofferCore
internal import Postgres
internal import System

/// A file as a tree shows it.
struct TreeFile {
    let path: String
    let blob: BlobName
    /// URL of the store.
    let store: String
    let content: KnownBlob.Content
    /// Seconds since 1970.
    let modified: Int64
}

/// An account by its e-mail address.
struct Account {
    let owner: OwnerConnection
    let id: String
    let total: Amount
    private let configuredURL: String

    init(_ email: String, _ owner: OwnerConnection, _ configuration: Configuration) throws(Failure) {
        let rows = try owner.call(
            "select id, file_count, used_bytes from internal.find_user($1)", [.text(email)])
        guard rows.count == 1, let id = rows.text(0, 0) else {
            throw Failure("There is no user with this e-mail address.")
        }
        (self.owner, self.id, configuredURL) = (owner, id, configuration.storageURL)
        total = Amount(files: rows.integer(0, 1) ?? 0, bytes: rows.integer(0, 2) ?? 0)
    }

    /// The files after a path, in the order of bytes.
    func files(after last: String, limit: Int64 = 1000) throws(Failure) -> [TreeFile] {
        let rows = try owner.call(
            Self.columns + """
                where f.user_id = $1::uuid and f.file_path > $2 order by f.file_path limit $3
                """, [.text(id), .text(last), .integer(limit)])
        return (0..<rows.count).compactMap { file(rows, $0) }
    }

    /// The file of a path, in any form of Unicode.
    func file(_ path: FilePath) throws(Failure) -> TreeFile? {
        let rows = try owner.call(
            Self.columns + "where f.user_id = $1::uuid and f.file_path = normalize($2, nfc)",
            [.text(id), .text(path.text)])
        return rows.count == 1 ? file(rows, 0) : nil
    }

    /// Runs a statement as this user's request would, and `more` in the same transaction.
    func call(
        _ query: Query, then more: (Rows, OwnerConnection.Transaction) throws(Failure) -> Void = { _, _ in }
    ) throws(Failure) -> Rows {
        try owner.transaction { (transaction) throws(Failure) in
            try transaction.call(
                "select set_config('coffer.user_id', $1, true), set_config('coffer.request_id', 'coffer import', true)",
                [.text(id)])
            let rows = try transaction.call(query.statement.sql, query.parameters)
            try more(rows, transaction)
            return rows
        }
    }

    private static let columns = """
        select f.file_path, f.blob, s.url, f.size_bytes, encode(f.sha256, 'hex'),
            floor(extract(epoch from f.updated_at))::bigint
        from internal.files f join internal.stores s on s.id = f.store

        """

    private func file(_ rows: Rows, _ row: Int) -> TreeFile? {
        guard let path = rows.text(row, 0), let blob = rows.text(row, 1).flatMap({ BlobName($0) }),
            let size = rows.integer(row, 3), let sha256 = rows.text(row, 4), let modified = rows.integer(row, 5)
        else { return nil }
        return TreeFile(
            path: path, blob: blob, store: rows.text(row, 2) ?? configuredURL,
            content: KnownBlob.Content(size: size, sha256: sha256), modified: modified)
    }
}

/// What was done with the files of a tree, and what could not be.
final class TreeTally {
    private(set) var done = 0
    private(set) var skipped = 0
    private(set) var problems = 0

    func add() { done += 1 }
    func skip() { skipped += 1 }

    /// Tells of a file that is not in the other place.
    func tell(_ path: String, _ reason: String) {
        problems += 1
        print("\(path.oneLine): \(reason)")
    }
}
