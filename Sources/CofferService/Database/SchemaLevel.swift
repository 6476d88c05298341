// The level of the database's schema that this program needs. The build writes `SchemaLevel.expected` from the files of
// sql/ (see Sources/EmbedSQL); `internal.schema_level` computes the same from what `coffer migrate` has applied.

struct SchemaLevel: Equatable {
    /// The number of the newest file in `sql/migrations`.
    let migration: Int64
    /// SHA-256 in hexadecimal over the names and digests of the files in `sql/code`.
    let code: String
}

extension SchemaLevel: CustomStringConvertible {
    var description: String { "\(migration)+\(code.prefix(12))" }
}
