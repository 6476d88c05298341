// The file that an upload requests, and its conditions. All SQL statements of an upload are in this file.

internal import BlobStore
public import CofferCore
public import Postgres

/// A file to store.
public struct NewFile {
    public let path: FilePath
    public let contentType: ContentType
    /// In bytes. nil if the length is not known in advance.
    public let size: Int64?
    /// Null keeps the description of an existing file.
    public let description: Parameter
    /// When the content was last changed, in seconds since 1970. nil for now.
    public let modified: Int64?
    /// `*`, or entity tags separated by commas; null for no condition.
    public let ifMatch: Parameter
    /// `true` if no file may have this path yet.
    public let ifNoneMatch: Parameter

    public init(
        _ path: FilePath, contentType: ContentType, size: Int64?, description: Parameter = .null,
        modified: Int64? = nil, ifMatch: Parameter = .null, ifNoneMatch: Parameter = .text("false")
    ) {
        (self.path, self.contentType, self.size, self.description) = (path, contentType, size, description)
        self.modified = modified
        (self.ifMatch, self.ifNoneMatch) = (ifMatch, ifNoneMatch)
    }

    private static let check = Statement(
        name: "check_upload", sql: "select api.check_upload($1, $2::bigint, $3, $4::boolean)")
    private static let room = Statement(name: "upload_room", sql: "select api.upload_room($1)")
    private static let begin = Statement(
        name: "begin_upload", sql: "select api.begin_upload($1, $2, $3::bigint, $4, $5::boolean) as store_url")
    private static let store = Statement(
        name: "store_file",
        sql: "select api.store_file($1, $2, $3, $4, $5::bigint, $6::bytea, $7, $8::boolean, $9, "
            + "to_timestamp($10::bigint)) as store_file")
    private static let abandon = Statement(name: "abandon_upload", sql: "select api.abandon_upload($1)")

    /// Fails if the file cannot be stored.
    ///
    /// - Parameter size: in bytes. nil if it is not known.
    public func check(size: Int64?) -> Query {
        Query(Self.check, [.text(path.text), .optional(size), ifMatch, ifNoneMatch])
    }

    /// Returns how many bytes the user may still store at this path; null for no limit.
    public var room: Query { Query(Self.room, [.text(path.text)]) }

    /// Lists a blob's name as pending. Returns the URL of the current store, null for the configured one.
    func begin(_ name: BlobName) -> Query {
        Query(Self.begin, [.text(name.description), .text(path.text), .optional(size), ifMatch, ifNoneMatch])
    }

    /// Makes the blob the file, and returns the file's id, or null if the store of this URL is not the current one.
    ///
    /// - Parameter url: null in a two-phase upload, since the list has the store.
    func store(_ name: BlobName, _ content: BlobContent, in url: Parameter) -> Query {
        Query(
            Self.store,
            [
                .text(name.description), .text(path.text), description,
                .text(contentType.labelled(isUTF8: content.isUTF8)), .integer(content.size), .bytes(content.sha256),
                ifMatch, ifNoneMatch, url, .optional(modified),
            ])
    }

    /// Takes a pending name off the list.
    static func abandon(_ name: BlobName) -> Query { Query(Self.abandon, [.text(name.description)]) }
}

extension Parameter {
    fileprivate static func optional(_ number: Int64?) -> Parameter { number.map { .integer($0) } ?? .null }
}
