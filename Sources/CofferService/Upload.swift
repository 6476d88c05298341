// What an upload says of itself, and where its bytes are.

internal import CofferCore
internal import Gateway
internal import Postgres
internal import Text

/// What an upload's head says.
struct Upload {
    let path: FilePath
    let description: Parameter
    let contentType: String
    let announced: Int64?
    let ifMatch: Parameter
    let ifNoneMatch: Parameter
    let digests: [[UInt8]]

    /// Characters, as the contract counts them: Unicode scalars.
    private static let maximumDescription = 2000

    init(_ request: Request) throws(Failure) {
        try BodyForm.requireWholeFile(request)
        guard let field = try request.single(.filePath), !field.isEmpty else {
            throw Failure(.filePathRule, "The header File-Path is required")
        }
        guard let text = PercentCoding.headerValue(field) else {
            throw Failure(.filePathRule, "The header File-Path is not valid percent-encoded UTF-8")
        }
        path = try FilePath(text)
        description = try Self.description(request)
        contentType = MediaType.stored(contentType: try request.mediaType(), path: path)
        announced = try request.announcedLength()
        ifMatch = try Self.ifMatch(request)
        ifNoneMatch = try Self.ifNoneMatch(request)
        var digests: [[UInt8]] = []
        for field in [try request.list(.reprDigest), try request.list(.contentDigest)] {
            if let field, let digest = try DigestField.parse(field) { digests.append(digest) }
        }
        self.digests = digests
    }

    private static func description(_ request: Request) throws(Failure) -> Parameter {
        // An empty header is an empty description; an absent one leaves what there is.
        guard let field = try request.single(.description) else { return .null }
        guard let text = PercentCoding.headerValue(field), !text.utf8.contains(0) else {
            throw Failure(.invalidArgument, "The header Description is not valid percent-encoded UTF-8")
        }
        guard text.unicodeScalars.count <= maximumDescription else {
            throw Failure(.invalidArgument, "The description must not be longer than \(maximumDescription) characters")
        }
        return .text(text)
    }

    /// `*`, or the strong tags in a comma list, as the database takes them.
    private static func ifMatch(_ request: Request) throws(Failure) -> Parameter {
        guard let field = try request.list(.ifMatch) else { return .null }
        guard let tags = EntityTags(field) else {
            throw Failure(.invalidArgument, "If-Match must be '*' or a list of quoted entity tags")
        }
        switch tags {
        case .any: return .text("*")
        case .list(let tags): return .text(tags.filter { !$0.isWeak }.map(\.value).joined(separator: ","))
        }
    }

    private static func ifNoneMatch(_ request: Request) throws(Failure) -> Parameter {
        guard let field = try request.list(.ifNoneMatch) else { return .text("false") }
        guard EntityTags(field) == .any else {
            throw Failure(.invalidArgument, "If-None-Match must be '*' for an upload")
        }
        return .text("true")
    }
}

/// Where the bytes of an upload are.
enum UploadBody {
    /// All here.
    case bytes([UInt8])
    /// In a file of the web server's; nil for no bytes.
    case file(String?)
    /// Still to be read, once.
    case stream
    /// The web server could not write them.
    case lost

    /// In bytes: what is read before anything else is asked, as that takes less than asking.
    private static let short = 65_536

    init(_ upload: Upload, _ request: Request) throws(Failure) {
        switch try request.text(.bodyHandoff) {
        case "on": self = .file(try request.text(.bodyFile))
        case "failed": self = .lost
        default:
            guard let announced = upload.announced else {
                if request.exchange.requiresLength { throw Failure(.lengthRequired) }
                self = .stream
                return
            }
            guard announced <= Self.short else {
                self = .stream
                return
            }
            var bytes: [UInt8] = []
            try request.readBody(into: &bytes, upTo: Int(announced) + 1)
            self = .bytes(bytes)
        }
    }

    /// Whether the bytes can be had a second time.
    var isRepeatable: Bool {
        switch self {
        case .bytes, .file: true
        case .stream, .lost: false
        }
    }
}
