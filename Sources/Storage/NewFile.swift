// What an upload asks for: a file of a user, and its conditions. The statements of an upload are all here.

internal import BlobStore
public import CofferCore
public import Postgres

/// A file that is to be stored.
public struct NewFile {
    public let path: FilePath
    public let contentType: ContentType
    /// Bytes, if that is known before they have been read.
    public let size: Int64?
    /// Null leaves the description that the file has.
    public let description: Parameter
    /// `*`, or entity tags separated by commas; null for no condition.
    public let ifMatch: Parameter
    /// `true` if there must be no file of this path.
    public let ifNoneMatch: Parameter

    public init(
        _ path: FilePath, contentType: ContentType, size: Int64?, description: Parameter = .null,
        ifMatch: Parameter = .null, ifNoneMatch: Parameter = .text("false")
    ) {
        (self.path, self.contentType, self.size, self.description) = (path, contentType, size, description)
        (self.ifMatch, self.ifNoneMatch) = (ifMatch, ifNoneMatch)
    }

    private static let check = Statement(
        name: "check_upload", sql: "select api.check_upload($1, $2::bigint, $3, $4::boolean)")
    private static let room = Statement(name: "upload_room", sql: "select api.upload_room($1)")
    private static let begin = Statement(
        name: "begin_upload", sql: "select api.begin_upload($1, $2, $3::bigint, $4, $5::boolean) as store_url")
    private static let store = Statement(
        name: "store_file",
        sql: "select api.store_file($1, $2, $3, $4, $5::bigint, $6::bytea, $7, $8::boolean, $9)")
    private static let abandon = Statement(name: "abandon_upload", sql: "select api.abandon_upload($1)")

    /// Fails if a file of this size, if that is known, cannot be stored.
    public func check(size: Int64?) -> Query {
        Query(Self.check, [.text(path.text), .size(size), ifMatch, ifNoneMatch])
    }

    /// Returns how many bytes the user may still store at this path; null for no limit.
    public var room: Query { Query(Self.room, [.text(path.text)]) }

    /// Lists a name as pending, and returns the URL of the store that uploads go to; null for the configured one.
    func begin(_ name: BlobName) -> Query {
        Query(Self.begin, [.text(name.description), .text(path.text), .size(size), ifMatch, ifNoneMatch])
    }

    /// Makes the blob the file, and returns the file's id; null if uploads do not go to the store of this URL.
    ///
    /// - Parameter url: null for a blob that is listed.
    func store(_ name: BlobName, _ content: BlobContent, in url: Parameter) -> Query {
        Query(
            Self.store,
            [
                .text(name.description), .text(path.text), description,
                .text(contentType.labelled(isUTF8: content.isUTF8)), .integer(content.size), .bytes(content.sha256),
                ifMatch, ifNoneMatch, url,
            ])
    }

    /// Strikes a name off the list.
    static func abandon(_ name: BlobName) -> Query { Query(Self.abandon, [.text(name.description)]) }
}

extension Parameter {
    fileprivate static func size(_ size: Int64?) -> Parameter { size.map { .integer($0) } ?? .null }
}
