// The query and header parameters. Each is a component with a unique name, to which operations refer.

internal import CofferCore

/// A parameter of one or more operations.
struct OperationParameter {
    /// The name of the component.
    let component: String
    let json: OrderedJSON

    init(
        _ component: String, _ name: String, in place: String, _ text: String, required: Bool = false,
        schema: OrderedJSON, example: OrderedJSON
    ) {
        self.component = component
        json =
            ["name": .string(name), "in": .string(place), "description": .string(text)]
            + (required ? ["required": true] : [:]) + ["schema": schema, "example": example]
    }

    static func header(
        _ name: String, _ text: String, _ example: OrderedJSON, component: String? = nil, required: Bool = false,
        schema: OrderedJSON = ["type": "string"]
    ) -> OperationParameter {
        OperationParameter(
            component ?? name, name, in: "header", text, required: required, schema: schema, example: example)
    }
}

extension Route {
    func parameters(of method: Method) -> [OperationParameter] {
        switch self {
        case _ where method == .options: isResumable ? uploadParameters(method) : []
        case .files: rows(.files(for: .admin), method)
        case .trash: rows(.trash(for: .admin), method)
        case .users: rows(.users(for: .admin), method)
        case .sessions: rows(.sessions(for: .admin), method)
        case .auditLog: rows(.auditLog(for: .admin), method)
        case .login: [.session]
        case .storeFile:
            [
                .filePath, .description, .modified, .ocModified, .replaces, .creates, .reprDigest, .contentDigest,
            ]
        case .uploads, .upload: uploadParameters(method)
        case .retrieveFile:
            [.path, .version, .disposition] + (method == .get ? [.byteRange, .ifRange] : [])
                + [.ifMatch, .ifNoneMatch, .ifModifiedSince, .ifUnmodifiedSince]
        case .downloadFolder: [.archiveFolder, .archivePaths]
        case .listFolder where method != .post:
            arguments.map { argument in queryParameter(argument, name: argument.name) }
                + arguments.filter { $0.name == "p_limit" }.map { queryParameter($0, name: "limit") }
        default: []
        }
    }

    private func queryParameter(_ argument: Argument, name: String) -> OperationParameter {
        var facts = facts(argument)
        // A query parameter cannot be null.
        facts.isNullable = false
        let (type, format) = argument.kind.jsonType
        let text = name == argument.name ? facts.text : "The same as `\(argument.name)`. Only one of them may be given."
        return OperationParameter(
            "\(operationName).\(name)", name, in: "query", text, required: argument.isRequired,
            schema: ["type": .string(type)] + (format.map { ["format": .string($0)] } ?? [:]) + facts.rules,
            example: facts.example)
    }

    /// The parameters of requests for rows, by PostgREST's conventions.
    private func rows(_ relation: Relation, _ method: Method) -> [OperationParameter] {
        let filters = relation.columns.map(relation.filter) + relation.groups
        let page = [relation.order, .limit, .offset]
        return switch method {
        case .get: [relation.select] + filters + page + [.rowRange, .preferOfReads]
        case .head: [relation.select] + filters + page + [.preferOfReads]
        case .patch: filters + [relation.setColumns, relation.select, relation.order, .preferOfChanges]
        default: filters + [relation.select, relation.order, .preferOfChanges]
        }
    }
}

extension Relation {
    fileprivate func filter(_ column: Column) -> OperationParameter {
        let facts = facts(column)
        return OperationParameter(
            "\(name).\(column.name)", column.name, in: "query", "Filter: " + facts.text,
            schema: .reference("schemas", "Filter"), example: .string("\(Self.filterExample(column, facts.example))"))
    }

    private static func filterExample(_ column: Column, _ example: OrderedJSON) -> String {
        switch (column.kind, example) {
        case (_, .null): "is.null"
        case (.timestamp, _): "gte.2026-11-01"
        case (.integer, .integer(let number)): "gte.\(number)"
        case (.text, .string(let text)) where column.name == "file_path": "like.\(text.prefix { $0 != "/" })/*"
        case (_, .string(let text)): "eq.\(text)"
        default: "is.not_null"
        }
    }
}

// The parameters that are not filters, with an example for each relation.
extension Relation {
    private func query(_ name: String, _ text: String, _ example: String) -> OperationParameter {
        OperationParameter(
            "\(self.name).\(name)", name, in: "query", text, schema: ["type": "string"], example: .string(example))
    }

    private func example(files: String, trash: String, users: String, sessions: String, auditLog: String) -> String {
        switch name {
        case "files": files
        case "trash": trash
        case "users": users
        case "sessions": sessions
        default: auditLog
        }
    }

    fileprivate var select: OperationParameter {
        query(
            "select",
            "The columns of the answer, separated by commas: `column`, `alias:column`, `column::text`, `*`. "
                + "Default: all.",
            example(
                files: "id,name:file_path,size_bytes", trash: "id,file_path,removed_at", users: "id,email,used_bytes",
                sessions: "id,created_at,is_current", auditLog: "occurred_at,action,subject"))
    }

    fileprivate var order: OperationParameter {
        query(
            "order", "The columns to sort by, separated by commas: `column[.asc|.desc][.nullsfirst|.nullslast]`.",
            example(
                files: "updated_at.desc", trash: "removed_at.desc", users: "email", sessions: "created_at.desc",
                auditLog: "id.desc"))
    }

    fileprivate var groups: [OperationParameter] {
        [
            query(
                "and", "Filters that must all hold. They can be nested with `and(…)` and `or(…)`; `not.and` negates.",
                example(
                    files: "(size_bytes.gt.10,or(description.is.null,file_path.like.*.txt))",
                    trash: "(reason.eq.deleted,removed_at.gte.2026-11-01)",
                    users: "(role.eq.editor,disabled_at.is.null)",
                    sessions: "(is_current.is.false,created_at.lt.2026-11-01)",
                    auditLog: "(action.in.(store,delete),occurred_at.gte.2026-11-01)")),
            query(
                "or", "Filters of which at least one must hold. They can be nested, too; `not.or` negates.",
                example(
                    files: "(content_type.eq.text/plain,description.not.is.null)",
                    trash: "(reason.eq.deleted,size_bytes.gt.1000)",
                    users: "(used_bytes.gt.1000000,file_count.gt.100)",
                    sessions: "(created_at.lt.2026-11-01,expires_at.lt.2026-12-01)",
                    auditLog: "(action.eq.login,action.eq.login_failed)")),
        ]
    }

    fileprivate var setColumns: OperationParameter {
        query(
            "columns", "The members of the body to use, separated by commas. Others are ignored. Default: all.",
            example(files: "description", trash: "", users: "quota_bytes", sessions: "", auditLog: ""))
    }
}

extension OperationParameter {
    fileprivate static let limit = OperationParameter(
        "limit", "limit", in: "query",
        "The largest number of rows. The installation has its own limit, by default 1,000.",
        schema: ["type": "integer", "format": "int64", "minimum": 0], example: 100)
    fileprivate static let offset = OperationParameter(
        "offset", "offset", in: "query", "The number of rows to skip.",
        schema: ["type": "integer", "format": "int64", "minimum": 0], example: 0)

    fileprivate static let rowRange = header(
        "Range", "The first and the last row, counted from 0.", "0-99", component: "Range.rows",
        schema: ["type": "string", "pattern": "^[0-9]+-[0-9]*$"])
    fileprivate static let preferOfReads = header(
        "Prefer",
        "`count=exact`, `count=planned` or `count=estimated` puts the number of all rows into `Content-Range`; "
            + "`handling=strict` refuses unknown preferences.",
        "count=exact", component: "Prefer.read")
    fileprivate static let preferOfChanges = header(
        "Prefer",
        "`return=representation` answers with the changed rows; `count=exact` counts them; "
            + "`handling=strict, max-affected=10` refuses to change more rows than that.",
        "return=representation", component: "Prefer.change")
    fileprivate static let session = header(
        "Prefer", "`session=cookie` sets the session cookie instead of answering with the token.", "session=cookie",
        component: "Prefer.session")

    fileprivate static let filePath = header(
        "File-Path",
        "The path of the file: raw UTF-8, or percent-encoded after `UTF-8''` (RFC 8187), as in "
            + "`UTF-8''caf%C3%A9.txt`. Send it once. Use percent-encoding for a path with a comma, because some web "
            + "servers join repeated headers with commas.", RunningExample.path, required: true)
    fileprivate static let description = header(
        "Description",
        "A description of at most 2,000 characters, encoded like `File-Path`. Without it, a replaced file keeps its "
            + "description.", RunningExample.description)
    fileprivate static let modified = header(
        "Last-Modified", "When the content was last changed. Without it, now.", "Tue, 24 Nov 2026 09:30:00 GMT",
        component: "Last-Modified.upload")
    fileprivate static let ocModified = header(
        "X-OC-Mtime", "The same in seconds since 1970, for clients of ownCloud and Nextcloud.", "1795512600")
    fileprivate static let version = OperationParameter(
        "p_version", "p_version", in: "query", "The id of an entry of your trash, instead of `p_file_path`.",
        schema: ["type": "string", "format": "uuid"], example: RunningExample.versionID)
    static let replaces = header(
        "If-Match", "Store only if the file exists and has one of these ETags, or any ETag for `*`.",
        RunningExample.tag,
        component: "If-Match.upload")
    static let creates = header(
        "If-None-Match", "Store only if the file does not exist.", "*", component: "If-None-Match.upload",
        schema: ["type": "string", "enum": ["*"]])
    fileprivate static let reprDigest = header(
        "Repr-Digest", "The SHA-256 of the content (RFC 9530). Content with another digest is refused.",
        RunningExample.digest, component: "Repr-Digest.upload")
    fileprivate static let contentDigest = header(
        "Content-Digest", "The same as `Repr-Digest`.", RunningExample.digest)

    fileprivate static let path = OperationParameter(
        "p_file_path", "p_file_path", in: "query", "The path of one of your own files.",
        schema: ["type": "string", "minLength": 1, "maxLength": .integer(Int64(FilePath.maximumLength))],
        example: RunningExample.path)
    fileprivate static let archiveFolder = OperationParameter(
        "download_folder.p_folder", "p_folder", in: "query", "The folder's path. Empty for all of your files.",
        schema: ["type": "string", "maxLength": .integer(Int64(FilePath.maximumLength))],
        example: RunningExample.folder)
    fileprivate static let archivePaths = OperationParameter(
        "download_folder.p_path", "p_path", in: "query",
        "Instead of `p_folder`: the path of a file or a folder. It can be given several times.",
        schema: ["type": "array", "minItems": 1, "items": ["type": "string", "minLength": 1]],
        example: [RunningExample.path])
    fileprivate static let disposition = OperationParameter(
        "p_disposition", "p_disposition", in: "query",
        "`inline` lets a browser show images (not SVG), PDF, plain text, audio and video.",
        schema: ["type": "string", "enum": ["inline", "attachment"]], example: "inline")
    fileprivate static let byteRange = header(
        "Range", "A range of the content (RFC 9110 §14).", "bytes=0-4", component: "Range.bytes")
    fileprivate static let ifRange = header(
        "If-Range",
        "An ETag. `Range` is ignored unless it is still the file's ETag. A date always sends the whole file.",
        RunningExample.tag)
    fileprivate static let ifMatch = header(
        "If-Match", "Send only if the file has one of these ETags, otherwise 412.", RunningExample.tag)
    fileprivate static let ifNoneMatch = header(
        "If-None-Match", "Send only if the file's ETag is not one of these, otherwise 304.", RunningExample.tag)
    fileprivate static let ifModifiedSince = header(
        "If-Modified-Since",
        "Send only if the file has changed since, otherwise 304. A file that changed in that same second is sent, "
            + "because it may have changed twice. An ETag is exact.",
        RunningExample.modified)
    fileprivate static let ifUnmodifiedSince = header(
        "If-Unmodified-Since", "Send only if the file has not changed since, otherwise 412.", RunningExample.modified)
}
