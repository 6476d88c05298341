// The SQL, embedded in the command, so that an installation needs no SQL files beside it. The text is in a file that the
// build writes (Sources/EmbedSQL): `roles`, `dropCode`, `migrations` and `code`, the last two in the order in which they
// are applied, that of their names.

/// A file of `sql/`.
public struct SQLFile: Sendable {
    /// The file's name without its folder.
    public let name: String
    /// All of the file's text.
    public let text: String
}
