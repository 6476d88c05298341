// The files of one user, for export and import.

internal import BlobStore
internal import CofferCore
internal import Postgres
internal import POSIX

/// A file of a user.
struct TreeFile {
    let path: String
    let blob: FileBlob
    /// The URL of the store that has it.
    let store: String
    /// Seconds since 1970.
    let modified: Int64
}

struct Account {
    let owner: OwnerConnection
    let id: String
    let total: Amount
    private let configuredURL: String
    private let versionDays: Int

    init(_ email: String, _ owner: OwnerConnection, _ configuration: Configuration) throws(Failure) {
        let found = try owner.call(
            "select u.id, l.file_count, l.used_bytes from internal.find_user($1) u "
                + "join internal.ledgers l on l.user_id = u.id",
            [.text(email)]
        ).readFirst { (try $0.text("id"), try $0.amount(files: "file_count", bytes: "used_bytes")) }
        guard let user = found else { throw Failure("There is no user with this e-mail address.") }
        (id, total) = user
        (self.owner, configuredURL) = (owner, configuration.storageURL)
        versionDays = configuration.versionDays
    }

    /// A page of the files after a path. Paths are compared bytewise.
    func files(after last: String, limit: Int64 = 1000) throws(Failure) -> [TreeFile] {
        try owner.call(
            Self.columns + """
                where f.user_id = $1::uuid and f.file_path > $2 order by f.file_path limit $3
                """, [.text(id), .text(last), .integer(limit)]
        ).readAll(file)
    }

    /// The file of a path, which may be in any normal form of Unicode; nil if there is none.
    func file(_ path: FilePath) throws(Failure) -> TreeFile? {
        try owner.call(
            Self.columns + "where f.user_id = $1::uuid and f.file_path = normalize($2, nfc)",
            [.text(id), .text(path.text)]
        ).readFirst(file)
    }

    /// Runs a statement as a request of this user would.
    func call(_ query: Query) throws(Failure) -> Rows {
        try owner.transaction { (transaction) throws(Failure) in
            try transaction.call(
                """
                select set_config('coffer.user_id', $1, true), set_config('coffer.request_id', 'coffer import', true),
                    set_config('coffer.version_days', $2::bigint::text, true)
                """, [.text(id), .integer(Int64(versionDays))])
            return try transaction.call(query.statement.sql, query.parameters)
        }
    }

    private static let columns = """
        select f.file_path, f.blob, s.url, f.size_bytes, encode(f.sha256, 'hex') as sha256,
            floor(extract(epoch from f.modified_at))::bigint as modified
        from internal.files f join internal.stores s on s.id = f.store

        """

    private func file(_ row: Row) throws(PostgresError) -> TreeFile {
        TreeFile(
            path: try row.text("file_path"), blob: try row.fileBlob(),
            store: try row.optionalText("url") ?? configuredURL, modified: try row.integer("modified"))
    }
}
