// The head of an upload.

internal import CofferCore
internal import Postgres
internal import Storage
internal import Text

struct Upload {
    let file: NewFile
    /// SHA-256 digests that the body must have.
    let digests: [[UInt8]]

    /// The announced length of the body in bytes. nil if it is unknown.
    var announced: Int64? { file.size }

    init(_ request: Request) throws(Failure) {
        try BodyForm.requireWholeFile(request)
        guard let field = try request.single(.filePath), !field.isEmpty else {
            throw Failure(.filePathRule, "The header File-Path is required")
        }
        guard let text = PercentCoding.headerValue(field) else {
            throw Failure(.filePathRule, "The header File-Path is not valid percent-encoded UTF-8")
        }
        let path = try FilePath(text)
        let description = try Self.description(request)
        let contentType = ContentType(named: try request.mediaType(), path: path)
        file = NewFile(
            path, contentType: contentType, size: try request.announcedLength(), description: description,
            modified: try Self.modified(request), ifMatch: try Self.ifMatch(request),
            ifNoneMatch: try Self.ifNoneMatch(request))
        var digests: [[UInt8]] = []
        for field in [try request.list(.reprDigest), try request.list(.contentDigest)] {
            if let field, let digest = try DigestField.parse(field) { digests.append(digest) }
        }
        self.digests = digests
    }

    private static func description(_ request: Request) throws(Failure) -> Parameter {
        // An empty field is an empty description. Without a field the file keeps its description.
        guard let field = try request.single(.description) else { return .null }
        guard let text = PercentCoding.headerValue(field), !text.utf8.contains(0) else {
            throw Failure(.invalidArgument, "The header Description is not valid percent-encoded UTF-8")
        }
        guard text.unicodeScalars.count <= UploadMetadata.maximumDescription else { throw UploadMetadata.tooLong }
        return .text(text)
    }

    /// When the client last changed the content, in seconds since 1970. nil if it does not say.
    private static func modified(_ request: Request) throws(Failure) -> Int64? {
        if let field = try request.single(.lastModified) {
            guard let date = HTTPDate(field) else {
                throw Failure(
                    .invalidArgument, "The header Last-Modified must be a date such as Tue, 24 Nov 2026 09:30:00 GMT")
            }
            return date.seconds
        }
        guard let field = try request.single(.ocModified) else { return nil }
        guard let seconds = Int64(field), CivilTime.range.contains(seconds) else {
            throw Failure(.invalidArgument, "The header X-OC-Mtime must be a number of seconds since 1970")
        }
        return seconds
    }

    /// `*`, or the strong tags separated by commas: the form that the database takes.
    static func ifMatch(_ request: Request) throws(Failure) -> Parameter {
        guard let field = try request.list(.ifMatch) else { return .null }
        guard let tags = EntityTags(field) else {
            throw Failure(.invalidArgument, "If-Match must be '*' or a list of quoted entity tags")
        }
        switch tags {
        case .any: return .text("*")
        case .list(let tags): return .text(tags.filter { !$0.isWeak }.map(\.value).joined(separator: ","))
        }
    }

    static func ifNoneMatch(_ request: Request) throws(Failure) -> Parameter {
        guard let field = try request.list(.ifNoneMatch) else { return .text("false") }
        guard EntityTags(field) == .any else {
            throw Failure(.invalidArgument, "If-None-Match must be '*' for an upload")
        }
        return .text("true")
    }
}

extension Request {
    /// Whether the web server asks if an upload may begin, before it receives the body itself.
    var isUploadQuestion: Bool {
        get throws(Failure) { try text(.uploadQuestion) == "on" }
    }
}
